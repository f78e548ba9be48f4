import RelayCore
import RelayWire

/// From which moments on a sweep keeps things; the same for every store.
struct RetentionCutoff: Sendable {
    /// Messages whose id has fewer milliseconds are too old; nil keeps all. Ids, not timestamps, because they order the
    /// stream: what goes is always its beginning.
    let messageMilliseconds: UInt64?
    /// Bounds with no topic, no messages and a last id of fewer milliseconds can go. The clock alone makes later ids
    /// larger, and cursors that could be told of a gap are at least a day old.
    let boundsMilliseconds: UInt64

    private static let boundsKeptSeconds: Int64 = 86_400

    init(at now: Timestamp, retention: Retention) {
        let age = retention.maxAgeSeconds.map { max(0, $0) }
        self.messageMilliseconds = age.map { now.adding(seconds: -$0).milliseconds }
        self.boundsMilliseconds =
            now.adding(seconds: -max(Self.boundsKeptSeconds, age ?? 0)).milliseconds
    }
}
