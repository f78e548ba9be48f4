public import NIOCore

/// A text message of a client that joins rooms, as Zeal's do: `{"action": "join", "room": "notes"}`.
public enum RoomFrame: Hashable, Sendable {
    case join(room: String)
    /// The room that it is in, whatever it names.
    case leave

    /// - Returns: nil where it is none of these.
    public init?(json: ByteBuffer) {
        switch (JSONScanner.text(ofMember: "action", in: json), JSONScanner.text(ofMember: "room", in: json)) {
        case ("join", let room?): self = .join(room: room)
        case ("leave", _): self = .leave
        default: return nil
        }
    }

    /// Whether a connection's first message joins a room. It is then not one of the relay's own protocol, whose messages have a `type`.
    public static func isJoin(_ json: ByteBuffer) -> Bool {
        JSONScanner.text(ofMember: "action", in: json) == "join" && JSONScanner.text(ofMember: "type", in: json) == nil
    }
}
