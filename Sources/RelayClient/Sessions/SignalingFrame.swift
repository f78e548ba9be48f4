/// What a relay says on a signaling socket.
public enum SignalingFrame: Sendable, Hashable {
    /// The peer is in its session. By topic, the cursor after which its next message comes, with its epoch where there is one.
    case joined(cursors: [String: String])
    /// A message of one of the session's topics. Its payload has what the relay adds on such sockets, too.
    case message(RelayMessage)
    case gap(MessageGap)
    /// - Parameters:
    ///   - request: the `id` of what the relay refuses; nil where it had none, or can't be read.
    ///   - isRetryable: whether the same may be taken later.
    case error(code: String, message: String, request: String?, isRetryable: Bool)
    /// `pong`, and whatever else there is.
    case other

    /// - Parameter session: the socket's.
    static func decode(_ json: JSONDocument, of session: String) throws(JSONDocumentError) -> SignalingFrame {
        let type = try json.string("type")
        switch type {
        case "joined":
            let epochs = try json.texts("epochs")
            let cursors = try json.texts("cursors").map { part, id in
                (Self.topic(part, of: session), epochs[part].map { "\($0)@\(id)" } ?? id)
            }
            return .joined(cursors: Dictionary(cursors) { first, _ in first })
        case "gap": return .gap(try MessageGap(topic: Self.topic(try json.string("topic"), of: session), json: json))
        case "error":
            return .error(
                code: try json.string("code"),
                message: try json.optionalString("message") ?? "",
                request: try json.optionalString("re"),
                isRetryable: try json.flag("retryable")
            )
        default:
            guard let (part, id) = try json.texts("cursor").first else { return .other }
            return .message(
                RelayMessage(
                    topic: Self.topic(part, of: session),
                    messageID: id,
                    payload: json,
                    timestamp: "",
                    sender: try Self.sender(of: json, type)
                )
            )
        }
    }

    /// `session` stands for the session's own topic.
    private static func topic(_ part: String, of session: String) -> String {
        part == "session" ? "session/\(session)" : "session/\(session)/\(part)"
    }

    /// Nil for the relay's own words, some of which are about a peer.
    private static func sender(of json: JSONDocument, _ type: String) throws(JSONDocumentError) -> String? {
        switch type {
        case "chat_message", "cursor_update", "presence_update": try json.optionalString("peer_id")
        default: try json.optionalString("from_peer_id")
        }
    }
}
