/// What became of one attempt at a request.
enum RequestOutcome: Sendable {
    case replied(HTTPReply)
    /// No connection, and there can be none.
    case impossible(RelayError)
    /// No connection: the relay has not seen the request.
    case notSent(any Error)
    /// The connection broke after the request may have left.
    case broken(any Error)
    /// The same, because time ran out.
    case timedOut(any Error)
}
