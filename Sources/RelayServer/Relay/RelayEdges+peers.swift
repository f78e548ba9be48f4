import NIOCore
import RelaySessions
import RelayTunnels

/// What peers of sessions need of the relay to reach each other.
extension RelayEdges {
    func proxies(_ shared: Shared, _ nodes: RelayNodes, _ sockets: WebSocketServices) -> ProxyHub {
        ProxyHub(
            memory: self.memory,
            metrics: shared.carried,
            paths: shared.paths,
            patience: .seconds(self.sessions.service.settings.rules.times.reconnectSeconds),
            nodes: nodes,
            sockets: sockets,
            sessions: self.sessions.service,
            bandwidths: self.peers.bandwidths
        )
    }

    func tunnels(_ metrics: PathMetrics) -> TunnelServices {
        let tunnels = self.configuration.tunnels
        return TunnelServices(
            memory: self.memory,
            metrics: metrics,
            window: tunnels.window,
            patience: TimeAmount(tunnels.patience),
            bandwidths: self.peers.bandwidths
        )
    }

    func punches(_ paths: PathLedger, _ metrics: PunchMetrics) -> PunchCoordinator {
        PunchCoordinator(
            service: self.sessions.service,
            rules: self.configuration.peerPort.punchRules,
            tokens: self.peers.tokens,
            paths: paths,
            metrics: metrics,
            logger: self.logger
        )
    }
}
