public import NIOCore

/// A text message of a client that joins rooms, as Zeal's do: `{"action": "join", "room": "notes"}`.
public enum RoomFrame: Hashable, Sendable {
    case join(room: String)
    /// The room that it is in, whatever it names.
    case leave

    /// - Returns: nil where it is none of these.
    public init?(json: ByteBuffer) {
        switch (Self.text("action", in: json), Self.text("room", in: json)) {
        case ("join", let room?): self = .join(room: room)
        case ("leave", _): self = .leave
        default: return nil
        }
    }

    /// Whether a connection's first message joins a room. It is then not one of the relay's own protocol, whose messages have a `type`.
    public static func isJoin(_ json: ByteBuffer) -> Bool { Self.text("action", in: json) == "join" }

    /// The text of a JSON object's member; nil where it has none, or the JSON is no object.
    public static func text(_ member: StaticString, in json: ByteBuffer) -> String? {
        var scanner = JSONScanner(json)
        var text: String?
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                if scanner.text(of: name, is: member) { text = scanner.text(of: value) }
            }
            try scanner.finish()
        } catch {
            return nil
        }
        return text
    }
}
