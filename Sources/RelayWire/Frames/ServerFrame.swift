public import NIOCore

/// What the relay says over a WebSocket, or as an event of a stream: one JSON object.
public enum ServerFrame: Hashable, Sendable {
    case message(MessageFields)
    case subscribed(Subscribed)
    case pong(Timestamp)
    case error(Failure)
    case gap(GapFields)
    /// The answer to a publish frame. `requestID` is JSON as the client sent it.
    case published(requestID: ByteBuffer, PublishReceipt)
    /// The answer to an ack frame: what the reader has done is stored. `requestID` is JSON as the client sent it.
    case acked(requestID: ByteBuffer, Acked)
    /// The connection's access token expires at this moment, soon, and the connection ends then.
    case tokenExpiring(at: Timestamp)
    /// The answer to an auth frame: the connection lives on its token now, which expires at this moment.
    case authenticated(until: Timestamp)
    /// Who is on a topic, and what a client has asked of that.
    indirect case presence(PresenceNews)

    /// The answer to a subscribe.
    public struct Subscribed: Hashable, Sendable {
        public var topics: [String]
        public var sessionID: String
        public var timestamp: Timestamp
        /// The id after which a topic's delivery begins. Written for those of `topics` that have one, in their order.
        public var cursors: [String: MessageID]
        /// The epoch of a topic's cursor, as clients see it. Written like `cursors`; left out where no topic has one.
        public var epochs: [String: String]

        public init(
            topics: [String],
            sessionID: String,
            timestamp: Timestamp,
            cursors: [String: MessageID],
            epochs: [String: String] = [:]
        ) {
            self.topics = topics
            self.sessionID = sessionID
            self.timestamp = timestamp
            self.cursors = cursors
            self.epochs = epochs
        }
    }

    /// Where a named reader stands: further on than what was acknowledged, where something later was before.
    public struct Acked: Hashable, Sendable {
        public var topic: String
        public var messageID: MessageID
        /// As clients see it; nil where the topic has none.
        public var epoch: String?

        public init(topic: String, messageID: MessageID, epoch: String?) {
            self.topic = topic
            self.messageID = messageID
            self.epoch = epoch
        }
    }

    /// A frame of the client's was refused, or something went wrong by itself.
    public struct Failure: Hashable, Sendable {
        public enum Code: String, Sendable {
            /// The first frame was no good, or a topic is denied. The relay closes the connection next.
            case subscription = "SUBSCRIPTION_ERROR"
            case unknownType = "UNKNOWN_MESSAGE_TYPE"
            /// A frame that can't be read or carried out. The connection stays open.
            case processing = "PROCESSING_ERROR"
            /// On `/ws`: the token of an auth frame is no good, and the connection stays on the one that it has. On an event stream: it ends,
            /// since its user or token may no longer read.
            case authentication = "AUTH_ERROR"
        }

        /// More about the failure: a named JSON value.
        public struct Detail: Hashable, Sendable {
            public enum Value: Hashable, Sendable {
                case text(String)
                /// Sent as it is.
                case json(ByteBuffer)
            }

            public var name: String
            public var value: Value

            public init(_ name: String, _ value: Value) {
                self.name = name
                self.value = value
            }
        }

        public var code: Code
        public var message: String
        /// Null on the wire where there are none.
        public var details: [Detail]

        public init(code: Code, message: String, details: [Detail] = []) {
            self.code = code
            self.message = message
            self.details = details
        }

        /// The refusal of a client's frame. Its details are `field` and the `id` of the request, as far as known.
        public init(code: Code, _ error: FrameError) {
            self.init(code: code, message: error.message)
            if let id = error.requestID { self.details.append(Detail("id", .json(id))) }
            if let field = error.field { self.details.append(Detail("field", .text(field))) }
        }
    }
}
