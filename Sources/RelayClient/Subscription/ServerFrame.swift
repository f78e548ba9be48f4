/// A frame from the relay.
enum ServerFrame: Hashable {
    case subscribed(topics: [String], cursors: [String: String])
    case message(RelayMessage)
    case gap(MessageGap)
    case error(code: String, message: String)
    /// `pong`, `published`, and whatever later relays say.
    case other

    static func decode(_ bytes: some Sequence<UInt8>) throws(JSONDocumentError) -> ServerFrame {
        let json = try JSONDocument(parsing: bytes)
        switch try json.string("type") {
        case "subscribed":
            return .subscribed(topics: try json.strings("topics"), cursors: try json.texts("cursors"))
        case "message":
            return .message(try RelayMessage(json: json))
        case "gap":
            return .gap(try MessageGap(topic: try json.string("topic"), json: json))
        case "error":
            return .error(code: try json.string("code"), message: try json.optionalString("message") ?? "")
        default:
            return .other
        }
    }
}
