public import NIOCore

/// What somebody does with a stream. All calls come on the loop of the stream's connection, one after another, never from within a call
/// that the handler itself makes.
///
/// A stream keeps its handler until ``streamClosed(_:)``, which is the last call and comes always, also where the connection ends.
public protocol QUICStreamHandler: AnyObject {
    /// Bytes have come, in their order.
    ///
    /// The peer may send as many more only after ``QUICStream/grant(_:)``. Until then they count as held.
    ///
    /// - Parameters:
    ///   - bytes: empty only where nothing comes but the end.
    ///   - isLast: whether the peer has ended its direction, and this is all of it.
    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool)

    /// The peer has acknowledged bytes, so they are not held any more. Comes where bytes are given up too: all that are written are told of
    /// once, at the latest before ``streamClosed(_:)``.
    ///
    /// - Parameter count: bytes, 1 or more, in the order in which they were written.
    func stream(_ stream: QUICStream, released count: Int)

    /// The peer has given up its direction (RESET_STREAM): nothing more comes on it.
    func stream(_ stream: QUICStream, wasResetWith code: UInt64)

    /// The peer wants no more of our direction (STOP_SENDING). What is written from now on is dropped.
    ///
    /// Told at once where bytes wait for the peer's credit, else with the next bytes that are written. Not told where the stream is closed before.
    func streamWasStopped(_ stream: QUICStream)

    /// Both directions are done, or the connection has ended.
    func streamClosed(_ stream: QUICStream)
}
