import RelayAccess

extension RelayConfiguration {
    /// Requests a minute. 0 turns a limit off.
    public struct RateLimits: Hashable, Sendable {
        @Setting("rate_limits_enabled", .boolean, "false turns all limits of this group off.")
        public var isEnabled = true

        @Setting("rate_limit_login", .integer(0...requests), "Logins a minute for each client address. 0: no limit.")
        public var login = standard(.login)

        @Setting(
            "rate_limit_refresh",
            .integer(0...requests),
            "Token refreshes a minute for each client address. 0: no limit."
        )
        public var refresh = standard(.refresh)

        @Setting(
            "rate_limit_publish",
            .integer(0...requests),
            "Publishes a minute for each user; Galaxy drops what is refused. 0: no limit."
        )
        public var publish = standard(.publish)

        @Setting(
            "rate_limit_bulk",
            .integer(0...requests),
            "Bulk publishes a minute for each user; Galaxy drops what is refused. 0: no limit."
        )
        public var bulk = standard(.bulk)

        @Setting(
            "rate_limit_failed_joins",
            .integer(0...requests),
            "Refused joins of sessions a minute for each client address. 0: no limit."
        )
        public var failedJoins = standard(.failedJoin)

        @Setting(
            "rate_limit_anonymous_sessions",
            .integer(0...requests),
            "Sessions that one client address may make in a minute without an account. 0: no limit."
        )
        public var anonymousSessions = standard(.anonymousSession)

        static let keys = ConfigurationKey.keys(
            "rate_limits",
            prefixes: ["rate_limits_", "rate_limit_"],
            at: \.rateLimits,
            \.$isEnabled,
            \.$login,
            \.$refresh,
            \.$publish,
            \.$bulk,
            \.$failedJoins,
            \.$anonymousSessions
        )

        private static let requests = 1_000_000

        private static func standard(_ rule: RateLimitRule) -> Int {
            RelayAccess.RateLimits.standard[rule]?.count ?? 0
        }

        public init() {}
    }

    /// What holds for WebSockets, and for event streams where it says so.
    public struct WebSocket: Hashable, Sendable {
        @Setting(
            "ws_max_per_user",
            .integer(1...10_000_000),
            "Open WebSockets and event streams of one user, together."
        )
        public var maxPerUser = 1_000

        @Setting("ws_max_topics", .integer(1...1_000_000), "Topics that one WebSocket may follow.")
        public var maxTopics = 1_000

        /// A connection that sends no first `subscribe` in this time is closed. The time between pings follows from it: see
        /// ``PingSchedule``.
        @Setting(
            "ws_idle_seconds",
            .duration(.seconds(5) ... .seconds(86_400)),
            "Seconds for a WebSocket to subscribe. A third of it, at most 20 s, is the time between pings, and for a pong."
        )
        public var idleTimeout = Duration.seconds(60)

        @Setting(
            "ws_query_token",
            .boolean,
            "Accept the token in the query of /ws and /sse (?token=), where proxies may log it."
        )
        public var acceptsQueryToken = true

        static let keys = ConfigurationKey.keys(
            "websocket",
            prefixes: ["ws_"],
            at: \.webSocket,
            \.$maxPerUser,
            \.$maxTopics,
            \.$idleTimeout,
            \.$acceptsQueryToken
        )

        public init() {}
    }

    /// What long polls may take.
    public struct Poll: Hashable, Sendable {
        @Setting("poll_max_topics", .integer(1...10_000), "Topics in one long poll.")
        public var maxTopics = 100

        @Setting("poll_max_waiters_per_user", .integer(1...10_000_000), "Long polls of one user that are under way.")
        public var maxWaitersPerUser = 1_000

        static let keys = ConfigurationKey.keys(
            "poll",
            prefixes: ["poll_"],
            at: \.poll,
            \.$maxTopics,
            \.$maxWaitersPerUser
        )

        public init() {}
    }
}
