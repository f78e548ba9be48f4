public import NIOCore

/// What a client says over its signaling socket: one JSON object in a text message.
public struct SignalFrame: Hashable, Sendable {
    public let content: Content
    /// `id`: a JSON string or integer, byte for byte as sent, at most ``maximumRequestIDSize`` bytes. Answers have it as `re`.
    public let requestID: ByteBuffer?
    /// `session_id`; nil where there is none, or an empty one.
    public let session: String?
    /// `peer_id` or `from_peer_id`; nil where there is none, or an empty one.
    public let peer: String?

    public enum Content: Hashable, Sendable {
        case join(Join)
        case leave
        case kick(peer: String, reason: String)
        case ping
        /// An answer to a ping of the relay's. Means nothing.
        case pong
        /// Also how the holder keeps it: it has the same fencing number then.
        case requestLock(element: String)
        /// - Parameter fence: nil for whichever the peer has.
        case releaseLock(element: String, fence: UInt64?)
        case requestPermission(element: String, permission: String)
        /// A message for other peers.
        case publish(Publish)
    }

    /// Who wants to come in, or back.
    public struct Join: Hashable, Sendable {
        public var dialect: SignalDialect
        /// `join_token`, or Core's `token`. Empty where there is none.
        public var token: String
        public var displayName: String?
        public var avatarURL: String?
        public var githubLogin: String?
        /// As ``SignalNotice/Joined/resume`` had it.
        public var resume: String?
        /// What the client calls this join, to repeat it where the answer is lost.
        public var joinKey: String?
        /// Where to go on: what the client has of each topic.
        public var cursors: [SignalTopic: SignalCursor] = [:]
        /// G1's, each a JSON value as sent. At most ``maximumCandidates``.
        public var candidates: [ByteBuffer] = []
        /// An identity key that is proven, in base64url.
        public var proof: Proof?
    }

    /// See `POST /v1/sessions/{id}/join`.
    public struct Proof: Hashable, Sendable {
        public let key: String
        public let nonce: String
        public let signature: String

        public init(key: String, nonce: String, signature: String) {
            self.key = key
            self.nonce = nonce
            self.signature = signature
        }
    }

    /// A message for a topic.
    public struct Publish: Hashable, Sendable {
        /// As topics have it.
        public let type: String
        public let topic: SignalTopic
        /// `type` and every member as it was sent, but those of the envelope.
        public private(set) var payload: ByteBuffer
        /// `to_peer_id`.
        public let recipient: String?
        /// How the client spells the tags of the two peer-connection messages; nil in all others.
        public let spelling: ConnectionSpelling?

        /// What this answers, by the type of the request; nil for what answers nothing.
        public var answers: String? { SignalType.requests[self.type] }

        /// Names a recipient in a message that has none.
        public func addressed(to peer: String) -> Publish {
            var payload = self.payload
            payload.moveWriterIndex(to: payload.writerIndex - 1)
            payload.writeStaticString(#","to_peer_id":"#)
            payload.writeJSONString(peer)
            payload.writeStaticString("}")
            return Publish(
                type: self.type,
                topic: self.topic,
                payload: payload,
                recipient: peer,
                spelling: self.spelling
            )
        }

        /// - Parameter payload: a whole JSON object.
        func carrying(_ payload: ByteBuffer) -> Publish {
            var message = self
            message.payload = payload
            return message
        }
    }

    /// In bytes.
    public static let maximumRequestIDSize = 256
    /// Of one message, at its top level.
    public static let maximumMembers = 64
    /// Of ids of peers, sessions and elements, and of what a profile holds. In bytes.
    public static let maximumNameSize = 255
    /// In bytes. More than any ticket that a relay gives out.
    public static let maximumTokenSize = 4096
    /// Of one join.
    public static let maximumCandidates = 32
    /// Of a kick. In bytes.
    public static let maximumReasonSize = 1024

    /// - Parameter json: the whole text. Nothing of it is kept alive.
    public init(json: ByteBuffer) throws(SignalProblem) {
        var members = SignalMembers(json)
        self = try members.read()
    }

    /// Whether replies to a request of this type go to who asked last where they name nobody.
    public static func isAnswered(_ request: String) -> Bool { SignalType.answeredRequests.contains(request) }

    /// Whether a text is a `join`, however well formed: what begins a peer's conversation.
    public static func isJoin(_ json: ByteBuffer) -> Bool {
        var scanner = JSONScanner(json)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                if scanner.text(of: name, is: "type") { return scanner.text(of: value, is: "join") }
            }
        } catch {}
        return false
    }

    init(_ content: Content, requestID: ByteBuffer?, session: String?, peer: String?) {
        self.content = content
        self.requestID = requestID
        self.session = session
        self.peer = peer
    }
}
