import NIOCore
import NIOHTTP1
import RelayAccess

/// What a WebSocket of another edge is handed to whose client turns out to be a peer of an editing session: its first message says so.
protocol SessionSockets: AnyObject, Sendable {
    /// Opens the WebSocket of a client that shows no token. It has to join a session in a moment.
    ///
    /// - Parameter headers: as ``WebSocketHandshake`` gave them.
    func open(stranger exchange: Exchange, _ headers: HTTPHeaders)

    /// Says what goes on with a WebSocket after its first message.
    ///
    /// - Parameter peer: the connection's other end.
    /// - Returns: nil for a first message that joins no session.
    func dialect(
        beginningWith text: ByteBuffer,
        for session: Session,
        at peer: SocketAddress?,
        on loop: DeliveryLoop
    ) -> (any WebSocketDialect)?
}
