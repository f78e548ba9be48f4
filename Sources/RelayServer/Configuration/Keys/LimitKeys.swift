import RelayAccess

extension RelayConfiguration {
    /// Requests a minute. 0 turns a limit off.
    public struct RateLimits: Hashable, Sendable {
        @Setting("rate_limits_enabled", .boolean, "false turns all limits of this group off.", reloads: true)
        public var isEnabled = true

        @Setting(
            "rate_limit_login",
            .integer(0...requests),
            "Logins a minute for each client address. 0: no limit.",
            reloads: true
        )
        public var login = standard(.login)

        @Setting(
            "rate_limit_refresh",
            .integer(0...requests),
            "Token refreshes a minute for each client address. 0: no limit.",
            reloads: true
        )
        public var refresh = standard(.refresh)

        @Setting(
            "rate_limit_publish",
            .integer(0...requests),
            "Publishes a minute for each user; Galaxy drops what is refused. 0: no limit.",
            reloads: true
        )
        public var publish = standard(.publish)

        @Setting(
            "rate_limit_bulk",
            .integer(0...requests),
            "Bulk publishes a minute for each user; Galaxy drops what is refused. 0: no limit.",
            reloads: true
        )
        public var bulk = standard(.bulk)

        @Setting(
            "rate_limit_failed_joins",
            .integer(0...requests),
            "Refused joins of sessions a minute for each client address. 0: no limit.",
            reloads: true
        )
        public var failedJoins = standard(.failedJoin)

        @Setting(
            "rate_limit_anonymous_sessions",
            .integer(0...requests),
            "Sessions that one client address may make in a minute without an account. 0: no limit.",
            reloads: true
        )
        public var anonymousSessions = standard(.anonymousSession)

        @Setting(
            "rate_limit_device_code",
            .integer(0...requests),
            "Devices' requests for a code, a minute and client address. 0: no limit.",
            reloads: true
        )
        public var deviceCode = standard(.deviceCode)

        @Setting(
            "rate_limit_device_token",
            .integer(0...requests),
            "Devices' questions whether they are let in, a minute and client address. 0: no limit.",
            reloads: true
        )
        public var deviceToken = standard(.deviceToken)

        @Setting(
            "rate_limit_device_page",
            .integer(0...requests),
            "Visits to the pages that let devices in, a minute and client address. 0: no limit, so codes can be guessed.",
            reloads: true
        )
        public var devicePage = standard(.devicePage)

        /// Beyond it an address is not given HTTP/2 for the rest of the minute.
        @Setting(
            "rate_limit_floods",
            .integer(0...requests),
            "HTTP/2 connections that one client address may lose in a minute by flooding the relay. 0: no limit.",
            reloads: true
        )
        public var floods = standard(.flood)

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
            \.$anonymousSessions,
            \.$deviceCode,
            \.$deviceToken,
            \.$devicePage,
            \.$floods
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
            "Open WebSockets and event streams of one user, together.",
            reloads: true
        )
        public var maxPerUser = 1_000

        @Setting("ws_max_topics", .integer(1...1_000_000), "Topics that one WebSocket may follow.", reloads: true)
        public var maxTopics = 1_000

        /// A connection that sends no first `subscribe` in this time is closed. The time between pings follows from it: see
        /// ``PingSchedule``.
        @Setting(
            "ws_idle_seconds",
            .duration(.seconds(5) ... .seconds(86_400)),
            "Seconds for a WebSocket to subscribe. A third of it, at most 20 s, is the time between pings, and for a pong.",
            reloads: true
        )
        public var idleTimeout = Duration.seconds(60)

        @Setting(
            "ws_query_token",
            .boolean,
            "Accept the token in the query of /ws and /sse (?token=), where proxies may log it.",
            reloads: true
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
        @Setting("poll_max_topics", .integer(1...10_000), "Topics in one long poll.", reloads: true)
        public var maxTopics = 100

        @Setting(
            "poll_max_waiters_per_user",
            .integer(1...10_000_000),
            "Long polls of one user that are under way.",
            reloads: true
        )
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
