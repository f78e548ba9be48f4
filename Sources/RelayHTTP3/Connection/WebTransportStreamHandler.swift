public import NIOCore

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
