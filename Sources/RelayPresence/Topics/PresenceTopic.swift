public import RelayCore
import RelayWire

/// Who is on a plain topic: a part of it, `presence/NAME`, that holds the newest word of each connection. Whoever may read the topic may
/// read it. Only relays write it, by ``PresenceService``.
///
/// Its messages are in memory only, and stay until another word of the same connection comes: how long a relay's word counts its lease says.
/// What is older than a day goes, so relays say again before that what still holds.
public struct PresenceTopic: TopicBehavior {
    public let kind = "presence"
    public let tier = StreamTier.hot
    public let gathering: GatheringTime? = .byReaders
    /// That somebody has gone is told for a while: by the clock of the relay that tells.
    public let handsOutExpired = true

    /// More words than members, and of those that have gone of late, whoever comes and goes.
    private static let maxMessages = 200_000
    static let secondsKept: Int64 = 86_400
    private let plain = PlainStream()

    public init() {}

    // MARK: Names

    /// Whether a topic of that name may have members: plain topics, channels of Pulse's among them.
    public static func hasPresence(_ topic: TopicName) -> Bool { PlainStream().name(fromPath: topic.rawValue) == topic }

    /// The topic in which the presence of another is, which ``hasPresence(_:)``.
    public static func key(of topic: TopicKey) -> TopicKey {
        TopicKey(name: Self.part(of: topic.name), namespace: topic.namespace)
    }

    /// The topic whose presence is in that of `part`; nil where that is no presence.
    static func root(of part: TopicKey) -> TopicKey? {
        PresenceTopic().root(of: part.name).map { TopicKey(name: $0, namespace: part.namespace) }
    }

    private static func part(of topic: TopicName) -> TopicName {
        TopicName(path: TopicNaming.presencePrefix + topic.rawValue)
    }

    public func name(fromPath path: String) -> TopicName? {
        self.rootName(ofPath: path).map { Self.part(of: $0) }
    }

    private func rootName(ofPath path: String) -> TopicName? {
        let prefix = TopicNaming.presencePrefix.utf8
        guard path.utf8.starts(with: prefix) else { return nil }
        return self.plain.name(fromPath: String(path.dropFirst(prefix.count)))
    }

    public func root(of name: TopicName) -> TopicName? { self.rootName(ofPath: name.rawValue) }

    public func part(ofEvery root: TopicName) -> TopicName? {
        Self.hasPresence(root) ? Self.part(of: root) : nil
    }

    // MARK: Messages

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        switch action {
        case .read, .inspect: self.plain.decide(action, by: principal, on: access)
        case .publish: principal.isRelay ? .allowed : .denied
        case .create: .missing
        case .manage: .denied
        }
    }

    public func retention(configured: Retention) -> Retention {
        Retention(maxMessages: Self.maxMessages, maxAgeSeconds: Self.secondsKept)
    }

    /// The sender is the connection.
    public var compaction: StreamCompaction? { StreamCompaction { sender, _, _ in sender } }
}
