extension RelayConfiguration {
    /// Requests a minute. 0 turns a limit off.
    public struct RateLimits: Hashable, Sendable {
        /// false turns all of them off. Default true.
        public var isEnabled = true
        /// `/auth/login`, by client address. Default 5.
        public var login = 5
        /// `/auth/token/refresh`, by client address. Default 10.
        public var refresh = 10
        /// Single publishes, by user. Default 0: a client takes the refusal as final and drops the message.
        public var publish = 0
        /// Bulk publishes, by user. Default 0.
        public var bulk = 0

        public init() {}
    }

    /// What holds for WebSockets, and for event streams where it says so.
    public struct WebSocket: Hashable, Sendable {
        /// Open WebSockets and event streams of one user, together. Default 1,000.
        public var maxPerUser = 1_000
        /// A connection that sends no first `subscribe` in this time is closed; so is one that answers no ping, see
        /// ``pingInterval``. At least 5 s, default 60 s.
        public var idleTimeout = Duration.seconds(60)
        /// Whether the token may be in the query (`?token=`) of `/ws` and `/sse`, where proxies may log it. Default true.
        public var acceptsQueryToken = true

        public init() {}

        /// How long a connection is quiet before it is pinged, and then, at most, before it answers: a third of the idle
        /// limit, and never more than 20 s.
        public var pingInterval: Duration { min(.seconds(20), self.idleTimeout / 3) }
    }

    /// What long polls may take.
    public struct Poll: Hashable, Sendable {
        /// Topics in one long poll. Default 100.
        public var maxTopics = 100
        /// Waiting long polls of one user. Default 1,000.
        public var maxWaitersPerUser = 1_000

        public init() {}
    }
}
