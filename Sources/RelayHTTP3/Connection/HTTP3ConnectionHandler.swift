public import RelayQUIC

/// What somebody does with the requests of a connection. All calls come on the connection's loop, never from within a call that the handler
/// itself makes.
public protocol HTTP3ConnectionHandler: AnyObject {
    /// A request's head has come. Give the request its ``HTTP3Request/handler`` now; one without is refused, and may be sent again.
    func connection(_ connection: HTTP3Connection, received head: HTTP3RequestHead, of request: HTTP3Request)

    /// A request's head is larger than is taken. The request is to be answered; without a handler it is refused.
    func connection(_ connection: HTTP3Connection, foundTooLarge request: HTTP3Request)

    /// A stream came to nothing: the peer has cancelled its request, or it was malformed, or a session's stream was refused. Each costs the
    /// server more than the peer.
    func connectionGaveUpStream(_ connection: HTTP3Connection)

    /// The connection is over, and all its requests were told before. The last call, which comes always.
    ///
    /// - Parameter violation: for which it was closed; nil for any other reason.
    func connection(_ connection: HTTP3Connection, endedBy end: QUICEnd, _ violation: HTTP3Violation?)
}
