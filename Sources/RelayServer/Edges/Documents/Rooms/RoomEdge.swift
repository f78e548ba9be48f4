import NIOCore
import RelayAccess
import RelayWire

/// Where WebSockets of `/ws` go on whose client joins a room, as Zeal's do: each room is a document.
final class RoomEdge: SocketSuccessor {
    private let services: DocumentServices

    init(_ services: DocumentServices) {
        self.services = services
    }

    func dialect(
        beginningWith text: ByteBuffer,
        for client: SocketClient,
        at peer: SocketAddress?,
        on loop: DeliveryLoop
    ) -> (any WebSocketDialect)? {
        guard RoomFrame.isJoin(text) else { return nil }
        switch client {
        case .known(let session): return RoomConversation(session, nil, self.services, on: loop)
        case .stranger(let gate, let address):
            return RoomConversation(nil, DocumentStranger(gate, address: address), self.services, on: loop)
        }
    }
}
