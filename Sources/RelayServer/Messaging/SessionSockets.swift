import NIOCore
import NIOHTTP1
import RelayAccess

/// Who has opened a WebSocket.
enum SocketClient {
    /// A token's user.
    case known(Session)
    /// Nobody has said yet who it is.
    case stranger(StrangerGate, address: String)
}

/// An edge to which a WebSocket of another edge is handed over whose client turns out to speak its protocol: its first message says so.
protocol SocketSuccessor: AnyObject, Sendable {
    /// Says what goes on with a WebSocket after its first message.
    ///
    /// - Parameter peer: the connection's other end.
    /// - Returns: nil for a first message that is none of its own.
    func dialect(
        beginningWith text: ByteBuffer,
        for client: SocketClient,
        at peer: SocketAddress?,
        on loop: DeliveryLoop
    ) -> (any WebSocketDialect)?
}

/// The edge of editing sessions. Whoever shows no token begins with it.
protocol SessionSockets: SocketSuccessor {
    /// Opens the WebSocket of a client that shows no token. It has to say who it is in a moment.
    ///
    /// - Parameters:
    ///   - headers: as ``WebSocketHandshake`` gave them.
    ///   - successor: where it goes on if its first message is of that kind; nil where all clients are a session's.
    func open(stranger exchange: Exchange, _ headers: HTTPHeaders, or successor: (any SocketSuccessor)?)
}
