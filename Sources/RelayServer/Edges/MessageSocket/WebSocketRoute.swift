import NIOCore
import NIOHTTP1
import NIOWebSocket
import RelayAccess
import RelayCore

/// `GET /ws`: checks who comes, and turns the connection into a WebSocket.
enum WebSocketRoute {
    static func handle(_ exchange: Exchange) {
        exchange.route = "/ws"
        guard exchange.services.gate.mayConnect(exchange.head) else {
            return exchange.answer(Reply(.forbidden, detail: "Origin not allowed"))
        }
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers): self.authenticate(exchange, headers)
        }
    }

    private static func authenticate(_ exchange: Exchange, _ headers: HTTPHeaders) {
        exchange.withSession(.headerSubprotocolOrQuery) { session in
            do throws(AccessError) {
                _ = try session.principal(at: exchange.services.broker.clock.now(), requiring: .read)
            } catch {
                return exchange.refuse(error)
            }
            self.upgrade(exchange, session, headers)
        }
    }

    private static func upgrade(_ exchange: Exchange, _ session: Session, _ headers: HTTPHeaders) {
        let services = exchange.services
        guard let loop = exchange.connection.loop else { return }
        guard let place = services.lastingConnections.enter(session.account.id) else {
            return exchange.answer(Reply(.forbidden, detail: "Too many connections"))
        }
        let connection = WebSocketConnection(session: session, services: services, loop: loop, place: place)
        do {
            try exchange.connection.switchProtocol(
                headers: headers,
                handlers: [
                    ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: services.limits.maxBodyBytes)),
                    connection,
                ]
            )
        } catch {
            exchange.connection.context?.close(promise: nil)
        }
    }
}
