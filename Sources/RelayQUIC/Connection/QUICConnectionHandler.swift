public import NIOCore

/// What somebody does with a connection. All calls come on the connection's loop, one after another, never from within a call that the
/// handler itself makes.
///
/// A connection keeps its handler until ``connection(_:endedBy:)``, which is the last call and comes always.
public protocol QUICConnectionHandler: AnyObject {
    /// The handshake is done: streams can be opened. The first call, and at a listener one that comes right after it has asked for this handler.
    func connectionOpened(_ connection: QUICConnection)

    /// The peer has opened a stream. Give it its ``QUICStream/handler`` now; a stream without one is refused, with code 0, where it was neither
    /// stopped nor reset with another.
    ///
    /// - Parameter stream: ``QUICStream/isBidirectional`` says of which kind.
    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream)

    /// A datagram has come (RFC 9221). Datagrams have no order and no credit: what can't be passed on is to be dropped.
    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer)

    /// The peer allows more streams than before, and some had been refused for want of them.
    func connectionMayOpenStreams(_ connection: QUICConnection)

    /// The peer has another address from now on, which has proved that it receives what is sent there.
    func connection(_ connection: QUICConnection, movedTo address: SocketAddress)

    /// The connection is over. All of its streams were told before.
    func connection(_ connection: QUICConnection, endedBy end: QUICEnd)
}

extension QUICConnectionHandler {
    public func connectionOpened(_ connection: QUICConnection) {}
    public func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {}
    public func connectionMayOpenStreams(_ connection: QUICConnection) {}
    public func connection(_ connection: QUICConnection, movedTo address: SocketAddress) {}
}
