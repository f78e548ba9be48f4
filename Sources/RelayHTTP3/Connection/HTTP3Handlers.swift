public import NIOCore
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

/// What somebody does with a request. All calls come on the connection's loop, never from within a call that the handler itself makes.
///
/// A request keeps its handler until ``requestClosed(_:)``, which is the last call and comes always.
public protocol HTTP3RequestHandler: AnyObject {
    /// A part of the body, not empty. The peer may send as much more only after ``HTTP3Request/grant(_:)``.
    func request(_ request: HTTP3Request, received bytes: ByteBuffer)

    /// All of the request has come.
    func requestEnded(_ request: HTTP3Request)

    /// Something of the answer has reached the peer, or was given up: see ``HTTP3Request/held``.
    func requestReleased(_ request: HTTP3Request)

    /// The peer wants no answer any more, or sends no more of the request; or what it sends is malformed.
    func requestWasCancelled(_ request: HTTP3Request)

    /// Both directions are done, or the connection is over.
    func requestClosed(_ request: HTTP3Request)
}

/// What somebody does with a session of WebTransport. All calls come on the connection's loop, never from within a call that the handler itself
/// makes.
public protocol WebTransportSessionHandler: AnyObject {
    /// The peer has opened a stream. Give it its ``WebTransportStream/handler`` now; one without is refused.
    func session(_ session: WebTransportSession, accepted stream: WebTransportStream)

    /// A datagram has come. Datagrams have no order and no credit: what can't be passed on is to be dropped.
    func session(_ session: WebTransportSession, received datagram: ByteBuffer)

    /// The peer allows more streams than before, and some had been refused for want of them.
    func sessionMayOpenStreams(_ session: WebTransportSession)

    /// The session is over: its streams are reset. The last call, which comes always.
    ///
    /// - Parameters:
    ///   - code: the peer's; 0 where it gave none.
    ///   - reason: the same.
    func session(_ session: WebTransportSession, closedWith code: UInt32, _ reason: String)
}

/// What somebody does with a stream of a session. All calls come on the connection's loop, never from within a call that the handler itself
/// makes.
///
/// A stream keeps its handler until ``streamClosed(_:)``, which is the last call and comes always.
public protocol WebTransportStreamHandler: AnyObject {
    /// Bytes have come, in their order. The peer may send as many more only after ``WebTransportStream/grant(_:)``.
    ///
    /// - Parameter isLast: whether the peer has ended its direction. Only then `bytes` may be empty.
    func stream(_ stream: WebTransportStream, received bytes: ByteBuffer, isLast: Bool)

    /// Something that was written has reached the peer, or was given up: see ``WebTransportStream/held``.
    func streamReleased(_ stream: WebTransportStream)

    /// The peer has given up its direction, or wants no more of ours.
    func streamWasCancelled(_ stream: WebTransportStream)

    /// Both directions are done, or the connection is over.
    func streamClosed(_ stream: WebTransportStream)
}
