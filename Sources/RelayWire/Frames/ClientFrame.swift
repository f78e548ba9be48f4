public import NIOCore

/// What a client says over its WebSocket: one JSON object in a text frame.
public enum ClientFrame: Hashable, Sendable {
    case subscribe(SubscribeFrame)
    /// Each name once. Names that no topic can have are left out, so there may be none.
    case unsubscribe(topics: [String])
    case acknowledge(AckFrame)
    case ping
    case publish(PublishFrame)
    /// Another access token for the connection: as sent, 1 to ``maximumTokenSize`` bytes.
    case authenticate(token: String)
    case presence(PresenceFrame)
    /// A type that the relay does not know, cut to ``maximumTypeLength`` characters.
    case unknown(type: String)

    /// What a named reader is done with.
    public struct AckFrame: Hashable, Sendable {
        /// As sent: an id, or `epoch@id`; may be neither.
        public let messageID: String
        /// As sent; nil for the connection's only topic, and empty for what can be no topic's name.
        public let topic: String?
        /// As a publish's; nil where the client wants no answer.
        public let requestID: ByteBuffer?

        public init(messageID: String, topic: String? = nil, requestID: ByteBuffer? = nil) {
            self.messageID = messageID
            self.topic = topic
            self.requestID = requestID
        }
    }

    /// A message to be published, and how to call the answer.
    public struct PublishFrame: Hashable, Sendable {
        /// A JSON string or integer, byte for byte as sent, at most ``ClientFrame/maximumRequestIDSize`` bytes.
        public let requestID: ByteBuffer
        public let request: PublishRequest
        /// See ``IdempotencyKeyText``.
        public let idempotencyKey: String?

        public init(requestID: ByteBuffer, request: PublishRequest, idempotencyKey: String? = nil) {
            self.requestID = requestID
            self.request = request
            self.idempotencyKey = idempotencyKey
        }
    }

    /// What `type` says of the frames that the relay knows.
    public enum Kind: String, CaseIterable, Sendable {
        case subscribe
        case unsubscribe
        case acknowledge = "ack"
        case ping
        case publish
        case authenticate = "auth"
        case presence
    }

    /// Names in one subscribe.
    public static let maximumTopics = 50
    /// Names in one unsubscribe.
    public static let maximumUnsubscribedTopics = 1000
    /// In bytes.
    public static let maximumRequestIDSize = 256
    /// In bytes. More than any token that a relay gives out.
    public static let maximumTokenSize = 4096
    /// In characters.
    public static let maximumTypeLength = 64

    /// - Parameters:
    ///   - json: the frame's whole text. Nothing of it is kept alive.
    ///   - isFirst: whether a frame without a `type` is a subscribe.
    public init(json: ByteBuffer, isFirst: Bool) throws(FrameError) {
        var members = ClientFrameMembers()
        do throws(RequestError) {
            self = try RequestReader.decode(json) { (reader, bytes) throws(JSONError) in
                try members.read(from: &reader, bytes, isFirst: isFirst)
            }
        } catch {
            throw FrameError(error, requestID: members.requestID)
        }
    }
}
