/// A frame from the relay, or the data of an event of its event streams.
public enum ServerFrame: Sendable, Hashable {
    /// `cursors`: by topic, the id after which its next message comes.
    case subscribed(topics: [String], cursors: [String: String])
    case message(RelayMessage)
    case gap(MessageGap)
    /// A message published on this connection is stored. `request`: the `id` of its frame.
    case published(request: String, receipt: PublishReceipt)
    /// A message published on this connection is not stored, or another request was refused. `request`: the `id` of its frame.
    case publishRefused(request: String, message: String)
    /// Who is on a topic, or what has changed of that.
    case presence(TopicPresence)
    /// A ``PresenceRequest`` was carried out. `request`: the `id` of its frame; `connectionID`: as which member the connection is there, if it is one
    /// by that.
    case presenceDone(request: String, connectionID: String?)
    case error(code: String, message: String)
    /// The socket's access token expires soon. ``RelaySocket`` and ``Subscription`` renew it by themselves.
    case tokenExpiring
    /// The socket lives on the token that was sent last.
    case authenticated
    /// `pong`, and whatever later relays say.
    case other

    static func decode(_ bytes: some Sequence<UInt8>) throws(JSONDocumentError) -> ServerFrame {
        let json = try JSONDocument(parsing: bytes)
        switch try json.string("type") {
        case "subscribed":
            let epochs = try json.texts("epochs")
            let cursors = try json.texts("cursors").map { topic, id in
                (topic, epochs[topic].map { "\($0)@\(id)" } ?? id)
            }
            return .subscribed(
                topics: try json.strings("topics"),
                cursors: Dictionary(cursors) { first, _ in first }
            )
        case "message":
            return .message(try RelayMessage(json: json))
        case "gap":
            return .gap(try MessageGap(topic: try json.string("topic"), json: json))
        case "published":
            return .published(request: try json.string("id"), receipt: try PublishReceipt(json: json))
        case "presence": return try self.presence(json)
        case "token_expiring": return .tokenExpiring
        case "authenticated": return .authenticated
        case "error":
            return try self.error(json)
        default:
            return .other
        }
    }

    private static func presence(_ json: JSONDocument) throws(JSONDocumentError) -> ServerFrame {
        switch try json.string("action") {
        case "sync", "changes": return .presence(try TopicPresence(json: json))
        default:
            guard case .string(let request)? = json["id"] else { return .other }
            return .presenceDone(request: request, connectionID: try json.optionalString("connection_id"))
        }
    }

    private static func error(_ json: JSONDocument) throws(JSONDocumentError) -> ServerFrame {
        let message = try json.optionalString("message") ?? ""
        if case .string(let request)? = json["details"]?["id"] {
            return .publishRefused(request: request, message: message)
        }
        return .error(code: try json.string("code"), message: message)
    }
}
