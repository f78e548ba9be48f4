import RelayAccess
import RelayCore

extension RelayConfiguration {
    /// How much one user, and all together, may make the relay keep.
    public struct Quotas: Hashable, Sendable {
        @Setting(
            "max_topics_per_user",
            .integer(counts),
            "Topics that one user may own; making one more is refused."
        )
        public var maxTopicsPerUser = TopicQuota().maxPerUser

        @Setting(
            "max_topics",
            .integer(counts),
            "Topics of all users together; at the limit no more are made until some are deleted."
        )
        public var maxTopics = TopicQuota().maxInAll

        @Setting(
            "max_grants_per_topic",
            .integer(counts),
            "Users that one topic may be granted to; a grant to one more is refused."
        )
        public var maxGrantsPerTopic = BrokerLimits().maxGrantsPerTopic

        @Setting(
            "max_tokens_per_user",
            .integer(counts),
            "Live refresh tokens of one user; a log-in beyond it ends the oldest."
        )
        public var maxTokensPerUser = AccessSettings(tokenSecret: "").maxTokensPerUser

        static let keys = ConfigurationKey.keys(
            "quotas",
            at: \.quotas,
            \.$maxTopicsPerUser,
            \.$maxTopics,
            \.$maxGrantsPerTopic,
            \.$maxTokensPerUser
        )

        private static let counts = 1...1_000_000_000

        public init() {}
    }
}
