public import NIOCore
public import RelayWire

/// A message as it is kept and delivered. Immutable; copies share everything.
public struct Message: Sendable, Equatable {
    /// One object, so that handing a message on counts one reference and not one for each of its parts.
    private final class Content: Sendable {
        let id: MessageID
        let timestamp: Timestamp
        let payload: ByteBuffer
        let format: PayloadFormat
        let isSnapshot: Bool
        let metadata: ByteBuffer?
        let expiresAt: Timestamp?
        let audience: Audience
        let sender: String?

        init(
            _ id: MessageID,
            _ timestamp: Timestamp,
            _ payload: ByteBuffer,
            _ format: PayloadFormat,
            _ isSnapshot: Bool,
            _ metadata: ByteBuffer?,
            _ expiresAt: Timestamp?,
            _ audience: Audience,
            _ sender: String?
        ) {
            self.id = id
            self.timestamp = timestamp
            self.payload = payload
            self.format = format
            self.isSnapshot = isSnapshot
            self.metadata = metadata
            self.expiresAt = expiresAt
            self.audience = audience
            self.sender = sender
        }
    }

    private let content: Content

    public init(
        id: MessageID,
        timestamp: Timestamp,
        payload: ByteBuffer,
        format: PayloadFormat = .json,
        metadata: ByteBuffer?,
        expiresAt: Timestamp?,
        audience: Audience = .everyone,
        sender: String? = nil,
        isSnapshot: Bool = false
    ) {
        self.content = Content(
            id,
            timestamp,
            payload,
            format,
            isSnapshot,
            metadata,
            expiresAt,
            audience,
            sender
        )
    }

    public var id: MessageID { self.content.id }
    /// When the relay accepted it. Not an order: only `id` orders messages.
    public var timestamp: Timestamp { self.content.timestamp }
    /// Byte for byte as published; what it is ``format`` says.
    public var payload: ByteBuffer { self.content.payload }
    public var format: PayloadFormat { self.content.format }
    /// Whether it stands for all messages before it as well as for the one whose place it has, see ``StreamSnapshot``.
    public var isSnapshot: Bool { self.content.isSnapshot }
    /// A JSON object whose values are strings, byte for byte as published; nil if none was given.
    public var metadata: ByteBuffer? { self.content.metadata }
    /// From this moment on the message is neither delivered nor kept; nil where it has no `ttl`.
    public var expiresAt: Timestamp? { self.content.expiresAt }
    /// Who may see it.
    public var audience: Audience { self.content.audience }
    /// The peer that sent it, written by the relay; nil for topics without peers.
    public var sender: String? { self.content.sender }

    public static func == (left: Message, right: Message) -> Bool {
        left.content === right.content
            || left.id == right.id && left.timestamp == right.timestamp && left.payload == right.payload
                && left.format == right.format && left.isSnapshot == right.isSnapshot
                && left.metadata == right.metadata && left.expiresAt == right.expiresAt
                && left.audience == right.audience && left.sender == right.sender
    }

    /// What keeping it in memory costs, in bytes: its content and a flat allowance for its bookkeeping.
    public var memoryCost: Int { Self.memoryCost(self.payload, self.metadata) }

    static func memoryCost(_ payload: ByteBuffer, _ metadata: ByteBuffer?) -> Int {
        Self.bookkeepingBytes + payload.readableBytes + (metadata?.readableBytes ?? 0)
    }

    /// What it costs in an answer of JSON, in bytes: as ``memoryCost``, with a binary payload as the base64 that it becomes there.
    public var answerCost: Int {
        switch self.format {
        case .json: self.memoryCost
        case .binary: self.memoryCost - self.payload.readableBytes + Base64.textSize(of: self.payload.readableBytes)
        }
    }

    /// The object and two buffer headers with malloc's rounding, and its share of the ring that holds it.
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
    /// Every reader but the peer that sent it, wherever that reads from by now.
    case others

    public static func == (left: Audience, right: Audience) -> Bool {
        switch (left, right) {
        case (.everyone, .everyone), (.others, .others): true
        case (.one(let name), .one(let other)): name.isExactly(other)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .everyone: hasher.combine(0)
        case .others: hasher.combine(1)
        case .one(let name): hasher.combine(exactly: name)
        }
    }
}

extension Message {
    /// Whether it is for who reads as this peer.
    ///
    /// - Parameter peer: nil for who reads as none.
    public func isFor(_ peer: String?) -> Bool {
        switch self.audience {
        case .everyone: true
        case .one(let name): peer?.isExactly(name) ?? false
        case .others: peer == nil || !peer.isExactly(self.sender)
        }
    }
}
