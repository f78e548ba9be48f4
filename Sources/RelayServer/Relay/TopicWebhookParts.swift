import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayTelemetry

/// What delivers for the webhooks that users make.
struct TopicWebhookParts: Sendable {
    let edge: WebhookEdge
    let counts: TopicWebhookCounts
    private let settings: Adjustable<WebhookServices.Settings>

    static func open(
        _ configuration: RelayConfiguration,
        store: any WebhookStore & UserStore,
        cursors: ReaderCursors,
        authenticator: Authenticator,
        memory: MemoryLedger,
        tracer: Tracer?,
        on group: any EventLoopGroup,
        logger: Logger
    ) -> TopicWebhookParts {
        let broker = cursors.broker
        let counts = TopicWebhookCounts()
        let settings = Adjustable(configuration.webhookSettings)
        let services = WebhookServices(
            store: store,
            broker: broker,
            cursors: cursors,
            authenticator: authenticator,
            memory: memory,
            poster: WebhookPoster(http: OutgoingHTTP(on: group), settings: settings),
            counts: counts,
            tracer: tracer,
            settingsInForce: settings,
            logger: logger
        )
        return TopicWebhookParts(
            edge: WebhookEdge(
                webhooks: Webhooks(store: store, quota: configuration.webhooks.quota, now: broker.clock.now),
                keeper: WebhookKeeper(services, holder: SecretFile.randomSecret().value)
            ),
            counts: counts,
            settings: settings
        )
    }

    /// Holds to other limits from now on.
    func change(to configuration: RelayConfiguration) {
        self.settings.change(to: configuration.webhookSettings)
        self.edge.webhooks.change(quota: configuration.webhooks.quota)
    }
}
