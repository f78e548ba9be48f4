public import NIOCore

/// A member of a topic, as clients that speak JSON are told.
public struct PresenceMemberFields: Hashable, Sendable {
    /// Of the connection by which it is there. No two members of a topic have the same.
    public var connectionID: String
    /// Its user's name.
    public var user: String
    /// What it shows of itself: one JSON value, sent as it is; nil where it shows nothing, which is sent as null.
    public var data: ByteBuffer?
    public var joinedAt: Timestamp
    public var lastSeen: Timestamp

    public init(connectionID: String, user: String, data: ByteBuffer?, joinedAt: Timestamp, lastSeen: Timestamp) {
        self.connectionID = connectionID
        self.user = user
        self.data = data
        self.joinedAt = joinedAt
        self.lastSeen = lastSeen
    }

    func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"connection_id":"#)
        sink.put(text: self.connectionID)
        sink.put(#","user":"#)
        sink.put(text: self.user)
        sink.put(#","data":"#)
        if let data = self.data { sink.put(json: data) } else { sink.put("null") }
        sink.put(#","joined_at":"#)
        sink.put(self.joinedAt)
        sink.put(#","last_seen":"#)
        sink.put(self.lastSeen)
        sink.put("}")
    }
}
