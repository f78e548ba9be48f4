import Foundation
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayEditing

/// `GET /yjs/{document}`: turns the connection into a WebSocket over which y-websocket's provider and its like edit the document.
///
/// All that can be refused is refused before that: such a client comes back ten times a second to a relay that takes it on and then closes.
final class DocumentRoute: Route {
    static let prefix = "/yjs/"
    static let template = "/yjs/{document}"

    private let services: DocumentServices

    init(_ services: DocumentServices) {
        self.services = services
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            self.services.access.admitAnybody(exchange, takingLimited: true) { exchange, session in
                guard let name = Self.name(of: exchange) else {
                    return exchange.answer(Reply(.badRequest, detail: "This is no name of a document"))
                }
                guard let session = session ?? self.services.anonymous?.session else {
                    return exchange.answer(Reply(AccessError(.notAuthenticated)))
                }
                guard let principal = session.standingPrincipal(requiring: .read) else {
                    return exchange.answer(Reply(.forbidden, detail: BrokerError.denied.clientText))
                }
                self.open(name, exchange, headers, session, principal)
            }
        }
    }

    /// What is behind the prefix, slashes and all. Escapes are UTF-8.
    private static func name(of exchange: Exchange) -> DocumentName? {
        exchange.path.dropFirst(Self.prefix.count).removingPercentEncoding.flatMap { DocumentName($0) }
    }

    private func open(
        _ name: DocumentName,
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        _ session: Session,
        _ principal: Principal
    ) {
        guard let place = self.services.takePlace(of: principal, for: exchange) else { return }
        let held = HeldPlace(place)
        let address = self.services.address(of: principal, exchange)
        self.services.open(name, as: principal, from: address, for: exchange) { opened in
            switch opened {
            // Who shows no token is not told which documents there are.
            case .failure(.broker(.denied)) where principal.isAnonymous,
                .failure(.broker(.missing)) where principal.isAnonymous:
                exchange.answer(Reply(AccessError(.notAuthenticated)))
            case .failure(let refusal): exchange.answer(Reply(refusal))
            case .success(let use):
                guard let place = held.take() else { return }
                self.upgrade(exchange, headers, session, use, place)
            }
        }
    }

    private func upgrade(
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        _ session: Session,
        _ use: DocumentUse,
        _ place: consuming ConnectionQuota.Place
    ) {
        var headers = headers
        // Browsers fail a connection for which they have offered protocols, and none is selected.
        if !headers.contains(name: "sec-websocket-protocol"),
            let first = WebSocketSubprotocols(exchange.head.headers).firstOffered
        {
            headers.add(name: "sec-websocket-protocol", value: first)
        }
        self.services.sockets.upgrade(exchange, headers, holding: place) {
            DocumentConversation(session, use, self.services, on: exchange.loop)
        }
    }

    /// Holds a place while the document is loaded. Where the client leaves meanwhile it goes, and gives the place back.
    private final class HeldPlace {
        private var place: ConnectionQuota.Place?

        init(_ place: consuming ConnectionQuota.Place) {
            self.place = consume place
        }

        func take() -> ConnectionQuota.Place? { self.place.take() }
    }
}
