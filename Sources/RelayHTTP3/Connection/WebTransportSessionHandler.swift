public import NIOCore

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
