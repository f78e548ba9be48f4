import NIOCore
import NIOHTTP1
import RelaySessions
import RelayTunnels

/// Tunnels between peers.
extension RelayEdges {
    func tunnelRoutes(
        _ shared: Shared,
        _ joiner: Joiner,
        _ sockets: WebSocketServices,
        _ nodes: RelayNodes
    ) -> [Routes.Entry] {
        let tunnels = self.tunnels(shared.carried)
        let ofPeers = TunnelRoute(
            access: shared.access,
            joiner: joiner,
            sockets: sockets,
            tunnels: tunnels,
            sessions: self.sessions.service,
            paths: shared.paths,
            nodes: nodes
        )
        let ofRelays = NodeTunnelRoute(nodes: nodes, sockets: sockets, tunnels: tunnels)
        return [
            .init(.GET, under: TunnelRoute.prefix, template: TunnelRoute.template, ofPeers),
            .init(.GET, under: NodeTunnelRoute.prefix, template: NodeTunnelRoute.template, ofRelays),
        ]
    }
}
