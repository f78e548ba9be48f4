import RelayCore
import RelayWire

/// From which moments on a sweep keeps things; the same for every store.
struct RetentionCutoff: Sendable {
    /// Messages of plain streams whose id has fewer milliseconds are too old; nil keeps all. Ids, not timestamps, because they order the
    /// stream: what goes is always its beginning.
    let plainMilliseconds: UInt64?
    /// Of no stream with a path messages are too old whose id has as many milliseconds; nil keeps all, as ``plainMilliseconds``.
    let pathMilliseconds: UInt64?
    let rule: RetentionRule
    private let now: Timestamp
    /// Bounds with no topic, no messages and a last id of fewer milliseconds can go. The clock alone makes later ids
    /// larger, and cursors that could be told of a gap are at least a day old.
    let boundsMilliseconds: UInt64

    private static let boundsKeptSeconds: Int64 = 86_400

    init(at now: Timestamp, retention rule: RetentionRule) {
        self.now = now
        self.rule = rule
        self.plainMilliseconds = Self.milliseconds(rule.plain.maxAgeSeconds, at: now)
        self.pathMilliseconds =
            rule.isOne ? self.plainMilliseconds : Self.milliseconds(rule.shortestAgeOfPaths, at: now)
        let age = rule.plain.maxAgeSeconds.map { max(0, $0) }
        self.boundsMilliseconds =
            now.adding(seconds: -max(Self.boundsKeptSeconds, age ?? 0)).milliseconds
    }

    /// Of one stream.
    func messageMilliseconds(of key: TopicKey) -> UInt64? {
        if self.rule.isOne { return self.plainMilliseconds }
        return Self.milliseconds(self.rule.retention(of: key).maxAgeSeconds, at: self.now)
    }

    /// Of one stream: see ``Retention/supersededMilliseconds(at:)``.
    func supersededMilliseconds(of key: TopicKey) -> UInt64 {
        self.rule.retention(of: key).supersededMilliseconds(at: self.now)
    }

    /// The same, as Valkey's scripts take it: empty where all is too old.
    func supersededSince(of key: TopicKey) -> String { self.rule.retention(of: key).supersededSince(self.now) }

    private static func milliseconds(_ age: Int64?, at now: Timestamp) -> UInt64? {
        age.map { now.adding(seconds: -max(0, $0)).milliseconds }
    }
}

extension Retention {
    /// What lies before the newest snapshot whose id has fewer milliseconds is superseded for too long. All is, where none is kept.
    func supersededMilliseconds(at now: Timestamp) -> UInt64 {
        guard self.maxSupersededAgeSeconds > 0 else { return .max }
        return now.adding(seconds: -self.maxSupersededAgeSeconds).milliseconds
    }
}
