public import NIOCore
public import RelayWire

/// A message on its way in: checked and accepted, but without a place in its topic yet.
public struct Draft: Sendable, Equatable {
    /// When the relay accepted it.
    public var timestamp: Timestamp
    /// What ``format`` says. Owned by the draft: not a slice of a network buffer, which it would keep alive whole.
    public var payload: ByteBuffer
    public var format: PayloadFormat
    /// A JSON object whose values are strings, or nil.
    public var metadata: ByteBuffer?
    /// Seconds to live, counted from `timestamp`; nil for the topic's retention alone. At least 1.
    public var ttl: Int64?
    public var audience: Audience
    /// The peer that sent it, as the topic's kind has found; nil for topics without peers.
    public var sender: String?
    /// Set where the publisher asked for at-most-once storing.
    public var idempotency: IdempotencyMark?
    /// Which part of the relay itself is to be told of it once it is stored, see ``HeardMessages``: set by the topic's kind.
    public var listener: MessageListener?
    /// Whose publish it is, for it to be counted while it waits for the store; nil for what no user has published.
    public var publisher: UserLoad?

    public init(
        timestamp: Timestamp,
        payload: ByteBuffer,
        format: PayloadFormat = .json,
        metadata: ByteBuffer? = nil,
        ttl: Int64? = nil,
        audience: Audience = .everyone,
        sender: String? = nil,
        idempotency: IdempotencyMark? = nil,
        publisher: UserLoad? = nil
    ) {
        self.timestamp = timestamp
        self.payload = payload
        self.format = format
        self.metadata = metadata
        self.ttl = ttl
        self.audience = audience
        self.sender = sender
        self.idempotency = idempotency
        self.publisher = publisher
    }

    public var expiresAt: Timestamp? {
        self.ttl.map { self.timestamp.adding(seconds: $0) }
    }

    /// The message that the draft becomes once its store has given it `id`.
    public func message(id: MessageID) -> Message {
        Message(
            id: id,
            timestamp: self.timestamp,
            payload: self.payload,
            format: self.format,
            metadata: self.metadata,
            expiresAt: self.expiresAt,
            audience: self.audience,
            sender: self.sender
        )
    }
}

extension Draft {
    /// What holding it in memory costs, in bytes; the same as the message's that it becomes.
    public var memoryCost: Int { Message.memoryCost(self.payload, self.metadata) }
}
