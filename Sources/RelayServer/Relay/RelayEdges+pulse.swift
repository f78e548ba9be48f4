import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayMetrics
import RelayWire

/// What serves the clients of the Pulse engine.
extension RelayEdges {
    /// Room in a frame for what it has besides its payload: more than any frame needs. In bytes.
    private static let envelopeBytes = 64 << 10

    func pulse(_ shared: Shared, _ factory: PrometheusMetricsFactory) -> PulseServices {
        let pulse = self.configuration.pulse
        let ofPublish = pulse.maxMessageBytes + Self.envelopeBytes
        let longest = PulseFraming.maximumFrame + Self.envelopeBytes
        let most = min(max(self.configuration.server.maxBodyBytes, ofPublish), longest)
        return PulseServices(
            access: shared.access,
            joiner: Joiner(broker: self.broker, cursors: self.cursors, subscriptions: shared.subscriptions),
            publisher: shared.publisher,
            presence: PulsePresence(
                shared.presence,
                scope: pulse.presence,
                broker: self.broker,
                loops: self.loops
            ),
            sockets: self.sockets(shared, shared.places, upTo: most),
            guestSockets: self.sockets(shared, shared.places, upTo: ofPublish),
            strangers: shared.strangers,
            guests: shared.guests,
            limits: PulseServices.Limits(
                maxPayloadBytes: pulse.maxMessageBytes,
                maxFrameBytes: most,
                maxGuestFrameBytes: ofPublish,
                heartbeat: TimeAmount(pulse.heartbeat),
                timeout: TimeAmount(pulse.timeout)
            ),
            maxSubscriptions: shared.limits.pulseSubscriptions,
            counts: PulseMetrics(factory: factory)
        )
    }

    /// Nil where everybody has to show a token.
    var pulseGuests: PulseGuests? {
        let pulse = self.configuration.pulse
        return pulse.anonymousUser.map { name in
            PulseGuests(
                as: name,
                authenticator: self.access.authenticator,
                users: self.store,
                places: ConnectionQuota(maxPerUser: pulse.maxAnonymousPerAddress, maxInAll: pulse.maxAnonymous),
                clients: self.clients
            )
        }
    }

    /// What a port for Pulse alone serves.
    func pulsePort(_ services: PulseServices, _ metrics: EdgeMetrics) -> HTTPServices {
        let routes = [
            Routes.Entry(.GET, self.configuration.pulse.path, PulseRoute(services)),
            Routes.Entry(.GET, RelayConfiguration.Pulse.healthPath, PulseHealthRoute()),
        ]
        return self.services(
            Routes(entries: routes, others: PulseNoRoute()),
            self.configuration.requestGate,
            metrics
        )
    }
}
