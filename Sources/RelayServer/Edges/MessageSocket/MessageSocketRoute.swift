import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore

/// `GET /ws`: checks who comes, and turns the connection into a WebSocket.
final class MessageSocketRoute: Route {
    let access: RequestAccess
    let joiner: Joiner
    let publisher: Publisher
    let presence: PresenceDesks
    private let sockets: WebSocketServices
    /// That one connection may follow.
    var maxTopics: Int { self.mostTopics.current }
    private let mostTopics: Adjustable<Int>
    /// Where clients go on whose first message joins a session.
    let peers: any SessionSockets
    /// The same of a room.
    let rooms: any SocketSuccessor

    init(
        access: RequestAccess,
        joiner: Joiner,
        publisher: Publisher,
        presence: PresenceDesks,
        sockets: WebSocketServices,
        maxTopics: Adjustable<Int>,
        peers: any SessionSockets,
        rooms: any SocketSuccessor
    ) {
        self.access = access
        self.joiner = joiner
        self.publisher = publisher
        self.presence = presence
        self.sockets = sockets
        self.mostTopics = maxTopics
        self.peers = peers
        self.rooms = rooms
    }

    var clock: RelayClock { self.publisher.broker.clock }
    var metrics: EdgeMetrics { self.publisher.metrics }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            self.access.admitAnybody(exchange, takingLimited: true) { exchange, session in
                guard let session else {
                    return self.peers.open(stranger: exchange, headers, or: self.rooms)
                }
                self.open(exchange, headers, session)
            }
        }
    }

    private func open(_ exchange: Exchange, _ headers: HTTPHeaders, _ session: Session) {
        self.sockets.upgrade(exchange, headers, of: session.account.id) {
            MessageSocketConversation(session: session, route: self, loop: exchange.loop)
        }
    }
}

extension MessageSocketRoute: SessionOpener {
    /// Who has no token opens none: without frames of WebSockets there are no strangers here.
    func openSession(_ exchange: Exchange, _ headers: HTTPHeaders) {
        self.access.admitAnybody(exchange, takingLimited: true) { exchange, session in
            guard let session else { return exchange.answer(Reply(AccessError(.notAuthenticated))) }
            self.open(exchange, headers, session)
        }
    }
}
