public import NIOCore

/// What a client says of who is on a topic, over its WebSocket.
public struct PresenceFrame: Hashable, Sendable {
    public enum Action: String, CaseIterable, Sendable {
        /// The connection counts as a member from here on. Of one that is a member already the data changes.
        case join
        /// Other data of a member's.
        case update
        case leave
        /// The client wants to be told who is there, and what changes.
        case watch
        case unwatch
        /// Who is there now.
        case get
    }

    public let action: Action
    /// A legal name, see ``TopicNaming/paths``.
    public let topic: String
    /// What a member shows of itself: one JSON value, as sent, in memory of its own. Nil where the client gave none, or null, and for actions
    /// that have none.
    public let data: ByteBuffer?
    /// What a watching client knows already, as it was told: text, as sent, which may be no cursor. Nil where the client gave none, and for
    /// other actions.
    public let cursor: String?
    /// As a publish's; nil where the client wants no answer.
    public let requestID: ByteBuffer?

    public init(
        _ action: Action,
        topic: String,
        data: ByteBuffer? = nil,
        cursor: String? = nil,
        requestID: ByteBuffer? = nil
    ) {
        self.action = action
        self.topic = topic
        self.data = data
        self.cursor = cursor
        self.requestID = requestID
    }

    /// For whoever keeps the frame when its data is somebody else's.
    public var withoutData: PresenceFrame {
        PresenceFrame(self.action, topic: self.topic, cursor: self.cursor, requestID: self.requestID)
    }
}
