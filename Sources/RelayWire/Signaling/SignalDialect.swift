/// The dialects of signaling. Each socket speaks one, which its `join` tells; messages of all of them are understood on every socket.
public enum SignalDialect: Hashable, Sendable, CaseIterable {
    /// The default.
    case g3
    /// G3 with git objects. Its messages look the same.
    case g2
    /// `join` brings candidates and a public key.
    case g1
    /// `join` names no peer, `chat` takes the place of `chat_message`, what is said of a peer lies in an object.
    case core
}

/// How a socket gets the tags of the two peer-connection messages.
public enum ConnectionSpelling: Hashable, Sendable {
    /// `p2p_connection_request`: as documented.
    case documented
    /// `p2_p_connection_request`: as a serialiser writes it that splits before every capital.
    case split
}

/// Which of a session's topics a message is on. The raw value names it in cursors.
public enum SignalTopic: String, Hashable, Sendable, CaseIterable {
    case session
    case presence
    case signal
    case punch
    case files
}
