import NIOCore

/// Who has a connection among others: leads packets to it, and looks at it at the end of a turn. Its calls are made on the loop.
protocol QUICConnectionOwner: AnyObject {
    /// The loop of all its connections.
    var loop: any EventLoop { get }

    /// Something is to be told or sent, at the end of this turn.
    func touch(_ connection: QUICConnection)

    /// The handshake of a connection is done. At a server that gives it its handler.
    func opened(_ connection: QUICConnection)

    /// Packets for an id are the connection's from now on.
    ///
    /// - Parameter id: of chance.
    /// - Returns: the id to use.
    func made(_ id: ConnectionID, for connection: QUICConnection) -> ConnectionID

    /// No packet for an id comes any more.
    func retired(_ id: ConnectionID, of connection: QUICConnection)

    /// A server has given what proves this machine's address the next time.
    func took(token: [UInt8])
}
