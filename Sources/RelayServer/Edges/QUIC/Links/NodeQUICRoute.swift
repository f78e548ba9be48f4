import NIOCore
import NIOHTTP1
import RelaySessions
import RelayWire

/// `GET /v1/node/quic?session_id=ID&to_peer_id=PEER&from_peer_id=PEER`: a peer that has its QUIC connection here, for one that has its own at another
/// relay. Both are the same where the peer has moved there.
///
/// For relays alone, by a pass. The other one has made sure who the peer is that asks.
final class NodeQUICRoute: Route {
    static let path = NodePass.quic

    private let services: QUICRelayServices

    init(_ services: QUICRelayServices) {
        self.services = services
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            guard let (pass, session, target, opener) = self.request(exchange) else {
                return exchange.answer(Self.unknown)
            }
            guard self.services.nodes.admits(exchange, for: pass) else {
                return exchange.answer(Reply(.unauthorized, detail: "Not a pass for this peer"))
            }
            guard let entry = self.services.hub.find(target, of: session) else { return exchange.answer(Self.unknown) }
            let guest = LinkGuest(session: session, opener: opener, target: target, entry: entry)
            self.services.sockets.upgrade(exchange, headers, holding: nil) {
                TunnelLink(.target, of: entry.connection, self.services, on: exchange.loop.eventLoop) {
                    QUICAllocation.answer($0, on: $1, guest)
                }
            }
        }
    }

    private static let unknown = Reply(.notFound, detail: "No QUIC connection of such a peer")

    /// Whom the other relay wants, and what it has to hold a pass for.
    private func request(_ exchange: Exchange) -> (NodePass, session: SessionID, target: PeerID, opener: PeerID)? {
        let query = QueryItems(exchange.query)
        guard let own = self.services.nodes.own, let session = query.first("session_id").flatMap({ SessionID($0) }),
            let target = query.first("to_peer_id").flatMap({ PeerID($0) }),
            let opener = query.first("from_peer_id").flatMap({ PeerID($0) })
        else { return nil }
        let claim = NodePass.Claim.quic(to: target.text, from: opener.text)
        return (NodePass(node: own.description, session: session.text, claim: claim), session, target, opener)
    }
}
