import RelayAccess

extension RelayConfiguration {
    /// Webhooks of topics, which users make: how many there are, and how hard the relay tries.
    public struct Webhooks: Hashable, Sendable {
        @Setting(
            "max_webhooks_per_user",
            .integer(0...1_000_000),
            "Webhooks that one user may have; one more is refused. 0: nobody makes any.",
            reloads: true
        )
        public var maxPerUser = WebhookQuota().maxPerUser

        @Setting(
            "max_webhooks",
            .integer(1...1_000_000),
            "Webhooks of all users together.",
            reloads: true
        )
        public var maxInAll = WebhookQuota().maxInAll

        @Setting(
            "webhook_max_topics",
            .integer(1...100_000),
            "Topics that one webhook with a prefix tells of at a time; those beyond are left out, which its status says."
        )
        public var maxTopics = 1_000

        @Setting(
            "webhook_max_concurrent",
            .integer(1...64),
            "Requests of one webhook that may be under way at a time, each of another topic."
        )
        public var width = 4

        @Setting(
            "webhook_timeout_seconds",
            .seconds(.seconds(1) ... .seconds(15)),
            "Seconds that a receiver has for one answer.",
            reloads: true
        )
        public var timeout = Duration.seconds(10)

        @Setting(
            "webhook_dead_after_seconds",
            .seconds(.seconds(10) ... .seconds(30 * 86_400)),
            "Seconds for which deliveries fail until the relay gives a webhook up.",
            reloads: true
        )
        public var deadAfter = Duration.seconds(86_400)

        @Setting(
            "webhook_allow_private",
            .boolean,
            "Let users name receivers at private and reserved addresses, and at this machine's own.",
            reloads: true
        )
        public var allowsPrivate = false

        static let keys = ConfigurationKey.keys(
            "webhooks",
            prefixes: ["webhook_"],
            at: \.webhooks,
            \.$maxPerUser,
            \.$maxInAll,
            \.$maxTopics,
            \.$width,
            \.$timeout,
            \.$deadAfter,
            \.$allowsPrivate
        )

        var quota: WebhookQuota { WebhookQuota(maxPerUser: self.maxPerUser, maxInAll: self.maxInAll) }

        public init() {}
    }
}
