import RelayAccess

/// `GET /collab`: turns the connection into a WebSocket over which a Hocuspocus client edits any number of documents. Which ones, and who
/// the client is, its messages say.
final class HocuspocusRoute: Route {
    static let path = "/collab"

    private let services: DocumentServices

    init(_ services: DocumentServices) {
        self.services = services
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        let services = self.services
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            services.access.admitAnybody(exchange, takingLimited: true) { exchange, session in
                let query = DocumentVisit.Query(QueryItems(services.webhook == nil ? "" : exchange.query))
                guard let session else {
                    return services.strangers.open(exchange, headers, over: services.sockets) { gate, address in
                        HocuspocusConversation(
                            nil,
                            DocumentStranger(gate, address: address),
                            query,
                            services,
                            on: exchange.loop
                        )
                    }
                }
                services.sockets.upgrade(exchange, headers, of: session.account.id) {
                    HocuspocusConversation(session, nil, query, services, on: exchange.loop)
                }
            }
        }
    }
}
