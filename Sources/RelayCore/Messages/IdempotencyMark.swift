public import RelayWire

/// One logical publish of one user on one route, as named by the `Idempotency-Key` header.
public struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    public let user: UserID
    /// `single` or `bulk`: the same header value on both routes is two keys.
    public let route: String
    /// As sent. Any text.
    public let value: String

    public init(user: UserID, route: String, value: String) {
        self.user = user
        self.route = route
        self.value = value
    }

    /// What stores use as the key. `value` comes last because it may hold anything.
    public var description: String { "\(self.user)/\(self.route)/\(self.value)" }
}

/// Written in the same commit as the message that carries it, so that a retry after a crash finds every message that
/// was stored, and stores only those that were not.
public struct IdempotencyMark: Hashable, Sendable {
    public let key: IdempotencyKey
    /// Which of the request's messages this is, from 0.
    public let index: Int
    /// How many messages the request holds.
    public let total: Int
    /// From this moment on the key is free again.
    public let expiresAt: Timestamp

    public init(key: IdempotencyKey, index: Int, total: Int, expiresAt: Timestamp) {
        self.key = key
        self.index = index
        self.total = total
        self.expiresAt = expiresAt
    }
}

/// What became of a marked message: enough to answer its request once more.
public struct IdempotencyEntry: Hashable, Sendable {
    public let mark: IdempotencyMark
    public let topic: TopicKey
    public let id: MessageID
    public let timestamp: Timestamp

    public init(mark: IdempotencyMark, topic: TopicKey, id: MessageID, timestamp: Timestamp) {
        self.mark = mark
        self.topic = topic
        self.id = id
        self.timestamp = timestamp
    }
}
