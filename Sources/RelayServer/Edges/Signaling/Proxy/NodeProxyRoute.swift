import NIOCore
import NIOHTTP1
import RelaySessions
import RelayWire

/// `GET /v1/node/proxies/{proxy_id}?session_id=ID&peer_id=PEER`: a tunnel of proxy frames that this relay keeps, for a peer of it that has its
/// signaling socket at another relay.
///
/// For relays alone, as ``NodeTunnelRoute`` is. The other one has made sure who the peer is.
final class NodeProxyRoute: Route {
    static let prefix = NodePass.proxies
    static let template = "/v1/node/proxies/{proxy_id}"

    private let hub: ProxyHub

    init(_ hub: ProxyHub) {
        self.hub = hub
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            guard let request = self.request(exchange) else { return exchange.answer(Self.unknown) }
            guard self.hub.nodes.admits(exchange, for: request.pass) else {
                return exchange.answer(Reply(.unauthorized, detail: "Not a pass for this proxy"))
            }
            guard let pair = self.hub.pair(request.proxy, in: request.session), pair.takes(request.peer) else {
                return exchange.answer(Self.unknown)
            }
            self.hub.sockets.upgrade(exchange, headers, holding: nil) {
                NodeProxyPeer(request.peer, of: pair, hub: self.hub, loop: exchange.loop)
            }
        }
    }

    private static let unknown = Reply(.notFound, detail: "No such proxy")

    private struct Request {
        let proxy: TunnelID
        let session: SessionID
        let peer: PeerID
        /// What the other relay has to show.
        let pass: NodePass
    }

    private func request(_ exchange: Exchange) -> Request? {
        let query = QueryItems(exchange.query)
        guard let own = self.hub.nodes.own, let proxy = TunnelID(String(exchange.path.dropFirst(Self.prefix.count))),
            let session = query.first("session_id").flatMap({ SessionID($0) }),
            let peer = query.first("peer_id").flatMap({ PeerID($0) })
        else { return nil }
        let claim = NodePass.Claim.proxy(proxy.text, peer: peer.text)
        let pass = NodePass(node: own.description, session: session.text, claim: claim)
        return Request(proxy: proxy, session: session, peer: peer, pass: pass)
    }
}
