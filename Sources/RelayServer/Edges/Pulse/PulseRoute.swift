import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore

/// `GET /pulse`, and the path that Pulse's clients know on a port of their own: turns the connection into a WebSocket that carries MessagePack.
///
/// A client without a token may open one too: it shows its token in a `connect` frame, which it has to do in time. Such clients are bounded
/// by address and in all.
final class PulseRoute: Route {
    static let path = "/pulse"

    private let services: PulseServices

    init(_ services: PulseServices) {
        self.services = services
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers): self.open(exchange, headers)
        }
    }

    /// Lets the client in who may come, and says what else there is.
    private func open(_ exchange: Exchange, _ headers: HTTPHeaders) {
        self.services.access.admitAnybody(exchange, takingLimited: true) { exchange, session in
            guard let session else { return self.open(withoutToken: exchange, headers) }
            self.services.sockets.upgrade(exchange, headers, of: session.account.id) {
                PulseConversation(.known(session), services: self.services, loop: exchange.loop)
            }
        }
    }

    private func open(withoutToken exchange: Exchange, _ headers: HTTPHeaders) {
        guard let guests = self.services.guests else { return self.open(stranger: exchange, headers) }
        exchange.suspend {
            await guests.session()
        } then: { (found: Result<Session?, AccessError>) in
            switch found {
            case .success(let session?): self.open(guest: session, of: guests, exchange, headers)
            case .success(nil): self.open(stranger: exchange, headers)
            case .failure(let error): exchange.answer(Reply(error))
            }
        }
    }

    private func open(guest session: Session, of guests: PulseGuests, _ exchange: Exchange, _ headers: HTTPHeaders) {
        guard let place = guests.places.enter(address: guests.clients.key(of: exchange)) else {
            var reply = Reply(.tooManyRequests, detail: "Too many connections without a token")
            reply.headers.add(name: "retry-after", value: "5")
            return exchange.answer(reply)
        }
        self.services.guestSockets.upgrade(exchange, headers, holding: place) {
            PulseConversation(.known(session), services: self.services, loop: exchange.loop)
        }
    }

    private func open(stranger exchange: Exchange, _ headers: HTTPHeaders) {
        let services = self.services
        services.strangers.open(exchange, headers, over: services.sockets) { gate, address in
            PulseConversation(.stranger(gate, address: address), services: services, loop: exchange.loop)
        }
    }
}

extension PulseRoute: SessionOpener {
    func openSession(_ exchange: Exchange, _ headers: HTTPHeaders) { self.open(exchange, headers) }
}
