import CoreMetrics
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayQUIC
import RelayTunnels

/// The QUIC relay.
extension RelayEdges {
    /// Made whether or not there is a port for it.
    func quicRelay(_ shared: Shared, _ factory: any MetricsFactory) -> QUICRelayServices {
        let (quic, tunnels) = (self.configuration.quic, self.configuration.tunnels)
        let settings = self.configuration.quicSettings
        return QUICRelayServices(
            access: shared.access,
            joiner: Joiner(broker: self.broker, cursors: self.cursors, subscriptions: shared.subscriptions),
            sessions: self.sessions.service,
            joins: FailedJoins(limiter: self.access.rateLimiter),
            clock: self.broker.clock,
            loops: self.loops,
            lane: self.lane,
            memory: self.memory,
            metrics: QUICMetrics(factory: factory, carried: shared.carried),
            carried: shared.carried,
            paths: shared.paths,
            places: shared.places,
            strangers: ConnectionQuota(maxPerUser: quic.maxStrangersPerAddress, maxInAll: quic.maxStrangers),
            nodes: shared.nodes,
            sockets: self.sockets(shared, shared.places, upTo: TunnelLink.maxMessageBytes),
            bandwidths: self.peers.bandwidths,
            limits: QUICRelayServices.Limits(
                allocation: self.configuration.allocationLimits,
                sender: shared.limits.sender,
                streamWindow: settings.streamWindow,
                connectionWindow: settings.connectionWindow,
                bytesPerSecond: tunnels.bytesPerSecond,
                idle: TimeAmount(quic.idle),
                keepAlive: TimeAmount(quic.keepAlive)
            )
        )
    }

    /// Where other relays ask for peers that are here.
    static func quicLinks(_ services: QUICRelayServices) -> Routes.Entry {
        .init(.GET, NodeQUICRoute.path, NodeQUICRoute(services))
    }

    /// What sessions' peers are told of it; nil where there is none.
    var quicOffer: QUICOffer? {
        guard let identity = self.peers.quic, let bind = self.configuration.quic.bind else { return nil }
        return QUICOffer(
            host: self.configuration.quicHost,
            port: bind.port,
            protocols: RelayConfiguration.quicProtocols,
            speaksHTTP3: self.configuration.quic.speaksHTTP3,
            isTrusted: identity.isConfigured
        ) { identity.digests }
    }
}
