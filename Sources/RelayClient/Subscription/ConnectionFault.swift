/// Ways in which a connection ends without a word from the relay.
enum ConnectionFault: Error, CustomStringConvertible {
    /// The socket closed without a WebSocket close frame.
    case closedWithoutGoodbye
    /// Nothing came, not even an answer to a ping.
    case silent
    /// Connecting, or the answer to `subscribe`, took too long.
    case timedOut

    var description: String {
        switch self {
        case .closedWithoutGoodbye: "closed without a goodbye"
        case .silent: "no sign of life"
        case .timedOut: "timed out"
        }
    }
}
