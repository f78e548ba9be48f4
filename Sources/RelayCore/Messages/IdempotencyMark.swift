import Crypto
public import RelayWire

/// One logical publish of one user on one route, as named by the `Idempotency-Key` header.
///
/// Clients choose the name. What is compared and stored is a digest of its bytes. It has one size, and two names are one key only if they
/// are the same bytes. Texts would not do: Swift takes canonically equivalent ones for equal.
public struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    private let words: Words

    private struct Words: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// - Parameters:
    ///   - route: the same header value on two routes is two keys.
    ///   - value: as sent. Its UTF-8 bytes count.
    public init(user: UserID, route: String, value: String) {
        self.init(text: Array("\(user)/\(route)/\(value)".utf8))
    }

    /// - Parameter text: user, route and value with slashes between them, which is what stores once had as the key.
    package init(text: [UInt8]) {
        var words = Words()
        for byte in SHA256.hash(data: text) {
            words.first = words.first << 8 | words.second >> 56
            words.second = words.second << 8 | words.third >> 56
            words.third = words.third << 8 | words.fourth >> 56
            words.fourth = words.fourth << 8 | UInt64(byte)
        }
        self.words = words
    }

    /// What stores use as the key: 32 bytes.
    package var bytes: [UInt8] {
        [self.words.first, self.words.second, self.words.third, self.words.fourth].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }

    /// The same for stores whose keys are text: 64 hexadecimal digits.
    public var description: String { String(hexadecimal: self.bytes) }
}

/// It is written in the same commit as the message that carries it. So a retry after a crash finds every message that was stored, and
/// stores only those that were not.
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
