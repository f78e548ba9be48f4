import RelayAccess
import RelayCore

extension RelayConfiguration {
    /// How much one user, and all together, may make the relay keep.
    public struct Quotas: Hashable, Sendable {
        @Setting(
            "max_topics_per_user",
            .integer(counts),
            "Topics that one user may own; making one more is refused.",
            reloads: true
        )
        public var maxTopicsPerUser = TopicQuota().maxPerUser

        @Setting(
            "max_topics",
            .integer(counts),
            "Topics of all users together; at the limit no more are made until some are deleted.",
            reloads: true
        )
        public var maxTopics = TopicQuota().maxInAll

        @Setting(
            "max_grants_per_topic",
            .integer(counts),
            "Users that one topic may be granted to; a grant to one more is refused.",
            reloads: true
        )
        public var maxGrantsPerTopic = BrokerLimits().maxGrantsPerTopic

        @Setting(
            "max_tokens_per_user",
            .integer(counts),
            "Live refresh tokens of one user; a log-in beyond it ends the oldest.",
            reloads: true
        )
        public var maxTokensPerUser = AccessSettings(tokenSecret: "").maxTokensPerUser

        @Setting(
            "max_service_tokens_per_user",
            .integer(counts),
            "Service tokens of one user that have not ended; one more is refused.",
            reloads: true
        )
        public var maxServiceTokensPerUser = AccessSettings(tokenSecret: "").maxServiceTokensPerUser

        @Setting(
            "max_subscriptions_per_user",
            .integer(counts),
            "Topics that one user may follow at a time, over all WebSockets, event streams and waiting polls.",
            reloads: true
        )
        public var maxSubscriptionsPerUser = UserLoad.standardSubscriptions

        @Setting(
            "max_waiting_publishes_per_user",
            .integer(counts),
            "Messages of one user that may wait for the store at a time; 429 beyond.",
            reloads: true
        )
        public var maxWaitingPublishesPerUser = UserLoad.WaitingLimits().messages

        @Setting(
            "max_waiting_bytes_per_user",
            .bytes(1_024...(1 << 50)),
            "Bytes of these.",
            reloads: true
        )
        public var maxWaitingBytesPerUser = UserLoad.WaitingLimits().bytes

        @Setting(
            "max_named_readers_per_topic",
            .integer(counts),
            "Named readers of one topic, all users' together; one more is refused.",
            reloads: true
        )
        public var maxNamedReadersPerTopic = ReaderQuota().maxPerTopic

        @Setting(
            "max_named_readers_per_user",
            .integer(counts),
            "Named readers of one user, on all topics together; one more is refused.",
            reloads: true
        )
        public var maxNamedReadersPerUser = ReaderQuota().maxPerUser

        @Setting(
            "named_reader_idle_seconds",
            .seconds(.seconds(3_600) ... .seconds(36_500 * 86_400)),
            "Seconds after which a named reader is deleted that nobody has opened or moved.",
            reloads: true
        )
        public var namedReaderIdle = Duration.seconds(ReaderCursors.Settings().idleSeconds)

        @Setting(
            "max_lists",
            .integer(1...1_000_000),
            "Lists of topics, users and grants, and contents of documents, made at a time, of all users; 503 beyond."
        )
        public var maxLists = 64

        static let keys = ConfigurationKey.keys(
            "quotas",
            at: \.quotas,
            \.$maxTopicsPerUser,
            \.$maxTopics,
            \.$maxGrantsPerTopic,
            \.$maxTokensPerUser,
            \.$maxServiceTokensPerUser,
            \.$maxSubscriptionsPerUser,
            \.$maxWaitingPublishesPerUser,
            \.$maxWaitingBytesPerUser,
            \.$maxNamedReadersPerTopic,
            \.$maxNamedReadersPerUser,
            \.$namedReaderIdle,
            \.$maxLists
        )

        private static let counts = 1...1_000_000_000

        public init() {}
    }
}
