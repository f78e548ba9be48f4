public import NIOCore
public import RelayWire

/// A message as it is kept and delivered. Immutable; copies share their bytes.
public struct Message: Sendable, Equatable {
    public let id: MessageID
    /// When the relay accepted it. Not an order: only `id` orders messages.
    public let timestamp: Timestamp
    /// A JSON object, byte for byte as published.
    public let payload: ByteBuffer
    /// A JSON object whose values are strings, byte for byte as published; nil if none was given.
    public let metadata: ByteBuffer?
    /// From this moment on the message is neither delivered nor kept; nil where it has no `ttl`.
    public let expiresAt: Timestamp?
    /// Who may see it.
    public let audience: Audience

    public init(
        id: MessageID,
        timestamp: Timestamp,
        payload: ByteBuffer,
        metadata: ByteBuffer?,
        expiresAt: Timestamp?,
        audience: Audience = .everyone
    ) {
        self.id = id
        self.timestamp = timestamp
        self.payload = payload
        self.metadata = metadata
        self.expiresAt = expiresAt
        self.audience = audience
    }

    /// What keeping it in memory costs, in bytes: its content and a flat allowance for its bookkeeping.
    public var memoryCost: Int { Self.memoryCost(self.payload, self.metadata) }

    static func memoryCost(_ payload: ByteBuffer, _ metadata: ByteBuffer?) -> Int {
        Self.bookkeepingBytes + payload.readableBytes + (metadata?.readableBytes ?? 0)
    }

    /// Two buffer headers with malloc's rounding, the value itself, and its share of the ring that holds it.
    private static let bookkeepingBytes = 256

    public func isExpired(at now: Timestamp) -> Bool {
        guard let expiresAt = self.expiresAt else { return false }
        return expiresAt <= now
    }
}

/// Who of a topic's readers may see a message.
public enum Audience: Hashable, Sendable {
    /// Every reader whom the topic admits.
    case everyone
    /// Only the reader that the topic's kind knows by this name (a peer of a session, say).
    case one(String)
}
