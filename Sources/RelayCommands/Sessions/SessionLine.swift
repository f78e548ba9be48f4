public import RelayClient

/// What happens in a session, as a line for people.
public enum SessionLine {
    /// - Parameter message: of one of the session's topics.
    public static func text(_ message: RelayMessage) -> String {
        let what = message.sender.map { self.word(of: $0, message.payload) } ?? self.news(message.payload)
        return "\(message.timestamp) \(what)"
    }

    /// - Parameter session: as a list of sessions has it.
    public static func summary(_ session: JSONDocument) -> String {
        let count = session["participant_count"]?.text ?? "?"
        return "\(session.text("session_id") ?? "?")  \(session.text("state") ?? "?")  \(count) peers"
    }

    /// A peer's word: who, to whom, and what.
    private static func word(of sender: String, _ payload: JSONDocument) -> String {
        let type = payload.text("type")
        let target = (payload.text("to_peer_id") ?? payload.text("to")).map { " to \($0)" } ?? ""
        if type == "chat_message" || type == "chat", let text = payload.text("text") ?? payload.text("message") {
            return "\(sender)\(target): \(text)"
        }
        return "\(sender)\(target) \(type ?? "message") \(payload.text)"
    }

    /// The relay's own.
    private static func news(_ payload: JSONDocument) -> String {
        let peer = payload.text("peer_id") ?? "?"
        let reason = payload.text("reason").map { " (\($0))" } ?? ""
        switch payload.text("type") {
        case "session_created": return "session made, for \(payload.text("host_id") ?? "?") as host"
        case "session_state": return "session is \(payload.text("state") ?? "?")\(reason)"
        case "session_extended": return "session goes on"
        case "peer_joined": return "\(peer) joined as \(payload.text("role") ?? "?")"
        case "peer_away": return "\(peer) is away"
        case "peer_returned": return "\(peer) is back"
        case "peer_left": return "\(peer) left\(reason)"
        case "kicked": return "\(peer) was put out\(reason)"
        case "role_changed": return "\(peer) is \(payload.text("role") ?? "?") now"
        case "host_changed": return "host is \(payload.text("host_peer_id") ?? "nobody")\(reason)"
        case "invite_created": return "invite \(payload.text("jti") ?? "?") made"
        case "invite_revoked": return "invite \(payload.text("jti") ?? "?") revoked"
        case "tunnel_requested": return "\(self.ends(payload)) asked for"
        case "tunnel_accepted": return "\(self.ends(payload)) accepted"
        case "tunnel_closed": return "\(self.ends(payload)) closed\(reason)"
        default: return payload.text
        }
    }

    private static func ends(_ payload: JSONDocument) -> String {
        "tunnel from \(payload.text("from_peer_id") ?? "?") to \(payload.text("to_peer_id") ?? "?")"
    }
}
