import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `GET /v1/signaling`: turns the connection into a WebSocket on which a peer of a session joins and signals.
///
/// A client without a token may open one too: it shows a ticket when it joins, which it has to do in a moment. Such clients are bounded by
/// address and in all.
final class SignalingRoute: Route {
    static let path = "/v1/signaling"

    private let services: SignalingServices

    init(_ services: SignalingServices) {
        self.services = services
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            self.services.access.admitAnybody(exchange) { exchange, session in
                guard let session else { return self.open(stranger: exchange, headers, or: nil) }
                self.services.sockets.upgrade(exchange, headers, of: session.account.id) {
                    SignalingConversation(
                        .known(
                            session,
                            ticket: self.ticket(of: session, exchange),
                            address: self.services.strangers.address(of: exchange)
                        ),
                        services: self.services,
                        loop: exchange.loop
                    )
                }
            }
        }
    }

    /// The ticket by which the socket is opened; nil for an account's token.
    private func ticket(of session: Session, _ exchange: Exchange) -> String? {
        session.peer?.ticket == nil ? nil : self.services.access.shownToken(of: exchange)
    }
}

extension SignalingRoute: SessionSockets {
    func open(stranger exchange: Exchange, _ headers: HTTPHeaders, or successor: (any SocketSuccessor)?) {
        let services = self.services
        services.strangers.open(exchange, headers, over: services.sockets) { gate, address in
            SignalingConversation(
                .stranger(address: address, gate),
                services: services,
                loop: exchange.loop,
                successor: successor
            )
        }
    }

    func dialect(
        beginningWith text: ByteBuffer,
        for client: SocketClient,
        at peer: SocketAddress?,
        on loop: DeliveryLoop
    ) -> (any WebSocketDialect)? {
        guard case .known(let session) = client, session.scope == nil, SignalFrame.isJoin(text) else { return nil }
        let address = peer?.ipAddress.flatMap { self.services.clients.address(ofConnection: $0) }
        return SignalingConversation(
            .known(session, ticket: nil, address: address.map(ClientAddress.key)),
            services: self.services,
            loop: loop
        )
    }
}
