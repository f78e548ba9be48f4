import NIOCore
import NIOHTTP1
import RelaySessions
import RelayTunnels

/// `GET /v1/node/tunnels/{tunnel_id}?session_id=ID&side=SIDE`: an end of a tunnel, for a peer that has come to another relay.
///
/// For relays alone: the other one shows a pass for just this, by the secret that the relays share. It has made sure whose end it is, and
/// closes it when its session says so.
final class NodeTunnelRoute: Route {
    static let prefix = NodePass.tunnels
    static let template = "/v1/node/tunnels/{tunnel_id}"

    private let nodes: RelayNodes
    private let sockets: WebSocketServices
    private let tunnels: TunnelServices

    init(nodes: RelayNodes, sockets: WebSocketServices, tunnels: TunnelServices) {
        self.nodes = nodes
        self.sockets = sockets
        self.tunnels = tunnels
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            guard let (pass, side, tunnel) = self.pass(exchange) else {
                return exchange.answer(Reply(.notFound, detail: "No such tunnel"))
            }
            guard self.nodes.admits(exchange, for: pass) else {
                return exchange.answer(Reply(.unauthorized, detail: "Not a pass for this tunnel"))
            }
            let grant = TunnelGrant(
                tunnel: tunnel,
                side: side,
                bandwidth: self.tunnels.bandwidth(of: pass.session),
                way: .fromRelay
            )
            self.sockets.upgrade(exchange, headers, holding: nil) {
                TunnelEnd(grant, services: self.tunnels, eventLoop: exchange.loop.eventLoop, watch: nil)
            }
        }
    }

    /// What the other relay would have to hold a pass for; nil where this relay has no such thing.
    private func pass(_ exchange: Exchange) -> (NodePass, side: PipePairs<TunnelEndReference>.Side, tunnel: String)? {
        let query = QueryItems(exchange.query)
        guard let own = self.nodes.own, let tunnel = TunnelID(String(exchange.path.dropFirst(Self.prefix.count))),
            let session = query.first("session_id").flatMap({ SessionID($0) }),
            let side = query.first("side").flatMap({ PipePairs<TunnelEndReference>.Side(text: $0) })
        else { return nil }
        let claim = NodePass.Claim.tunnel(tunnel.text, side: side.text)
        return (
            NodePass(node: own.description, session: session.text, claim: claim), side,
            TunnelGrant.name(session.text, tunnel.text)
        )
    }
}
