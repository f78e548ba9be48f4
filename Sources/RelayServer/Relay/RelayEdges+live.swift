import NIOCore
import RelayAccess
import RelayCore
import RelayPresence
import RelaySessions

/// What follows the configuration while the relay runs.
extension RelayEdges {
    /// Tells the owners of what may change of each new configuration. Each owner gets the same values as at the start. Only those of keys that
    /// reload can differ.
    func watchConfiguration(_ services: [HTTPServices], _ shared: Shared) {
        let (access, broker, cursors) = (self.access, self.broker, self.cursors)
        let (sessions, webhooks, secret) = (self.sessions.service, self.webhooks, self.secret)
        let presence = self.presence
        self.live.observe { configuration in
            access.change(to: configuration.accessSettings(secret: secret))
            broker.change(to: configuration.brokerLimits)
            cursors.change(to: configuration.readerSettings)
            sessions.change(to: configuration.sessions.settings)
            webhooks.change(to: configuration)
            presence.change(to: configuration.presenceSettings)
            for services in services {
                services.change(gate: configuration.requestGate, timeouts: configuration.connectionTimeouts)
            }
            Self.change(shared, to: configuration)
        }
    }

    private static func change(_ shared: Shared, to configuration: RelayConfiguration) {
        shared.limits.change(to: configuration)
        shared.places.change(maxPerUser: configuration.webSocket.maxPerUser)
        shared.waiters.change(maxPerUser: configuration.poll.maxWaitersPerUser)
        shared.subscriptions.change(maxPerUser: configuration.quotas.maxSubscriptionsPerUser)
        shared.access.change(acceptsQueryToken: configuration.webSocket.acceptsQueryToken)
        shared.publisher.change(carriesTraces: configuration.telemetry.carriesTraces)
        shared.strangers.change(
            maxPerAddress: configuration.signaling.maxStrangersPerAddress,
            maxInAll: configuration.signaling.maxStrangers,
            patience: TimeAmount(configuration.signaling.joinPatience)
        )
        shared.anonymous?.places.change(maxPerUser: configuration.documents.maxAnonymousPerAddress)
        shared.anonymous?.places.change(maxInAll: configuration.documents.maxAnonymous)
        shared.guests?.places.change(maxPerUser: configuration.pulse.maxAnonymousPerAddress)
        shared.guests?.places.change(maxInAll: configuration.pulse.maxAnonymous)
    }
}
