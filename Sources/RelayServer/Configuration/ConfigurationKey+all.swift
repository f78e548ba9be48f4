extension ConfigurationKey {
    /// Every key that has an effect, in the order in which they are listed to people.
    public static let all: [ConfigurationKey] =
        Self.server + Self.storage + Self.valkey + Self.hotTier + Self.memory + Self.access + Self.rateLimits
        + Self.webSocket
        + Self.poll
        + Self.logging + Self.metrics

    private static let server: [ConfigurationKey] = [
        ConfigurationKey(
            "host",
            "server.host",
            \.server.host,
            .text(length: 1...255),
            "Address to listen on. 0.0.0.0 is every IPv4 address, :: every address."
        ),
        ConfigurationKey(
            "port",
            "server.http_port",
            aliases: ["server.port", "http_port"],
            \.server.port,
            .integer(0...65_535),
            "Port to listen on. 0 lets the system choose."
        ),
        ConfigurationKey(
            "threads",
            "server.threads",
            aliases: ["workers", "server.workers"],
            \.server.threads,
            .integer(0...256),
            "Event loop threads. 0: one for each core."
        ),
        ConfigurationKey(
            "max_connections",
            "server.max_connections",
            \.server.maxConnections,
            .integer(1...10_000_000),
            "Open connections, WebSockets included; at the limit no more are accepted until one closes."
        ),
        ConfigurationKey(
            "max_body_bytes",
            "server.max_body_bytes",
            \.server.maxBodyBytes,
            .bytes(1_024...(1 << 30)),
            "Largest request body and largest WebSocket message, in bytes."
        ),
        ConfigurationKey(
            "header_timeout",
            "server.header_timeout",
            \.server.headerTimeout,
            .duration(Self.timeouts),
            "Time for the head of a request to arrive, in seconds."
        ),
        ConfigurationKey(
            "read_timeout",
            "server.read_timeout",
            \.server.readTimeout,
            .duration(Self.timeouts),
            "Time for the body of a request to arrive, in seconds."
        ),
        ConfigurationKey(
            "write_timeout",
            "server.write_timeout",
            \.server.writeTimeout,
            .duration(Self.timeouts),
            "Seconds after which a response is cut off whose reader takes no byte."
        ),
        ConfigurationKey(
            "idle_timeout",
            "server.idle_timeout",
            \.server.idleTimeout,
            .duration(Self.timeouts),
            "Seconds for which a connection may stay open between two requests."
        ),
        ConfigurationKey(
            "shutdown_grace_seconds",
            "server.shutdown_grace_seconds",
            \.server.shutdownGrace,
            .duration(.zero ... .seconds(3_600)),
            "Seconds from SIGTERM until what is still open is cut off. 0: at once."
        ),
        ConfigurationKey(
            "allowed_origins",
            "server.allowed_origins",
            \.server.allowedOrigins,
            .origins,
            "Origins that browsers may call from. Empty: none."
        ),
        ConfigurationKey(
            "trusted_hosts",
            "server.trusted_hosts",
            \.server.trustedHosts,
            .hosts,
            "Host names that requests may be addressed to; *.example.org and * are allowed. Empty: any."
        ),
        ConfigurationKey(
            "trust_forwarded_for",
            "server.trust_forwarded_for",
            \.server.trustForwardedFor,
            .boolean,
            "Take the client's address from X-Forwarded-For, in requests from trusted_proxies only."
        ),
        ConfigurationKey(
            "trusted_proxies",
            "server.trusted_proxies",
            \.server.trustedProxies,
            .networks,
            "Addresses and networks of the proxies in front of the relay."
        ),
    ]

    private static let timeouts = Duration.milliseconds(100)...Duration.seconds(3_600)

    private static let rateLimits: [ConfigurationKey] = [
        ConfigurationKey(
            "rate_limits_enabled",
            "rate_limits.enabled",
            \.rateLimits.isEnabled,
            .boolean,
            "false turns all limits of this group off."
        ),
        ConfigurationKey(
            "rate_limit_login",
            "rate_limits.login",
            \.rateLimits.login,
            .integer(0...Self.requests),
            "Logins a minute for each client address. 0: no limit."
        ),
        ConfigurationKey(
            "rate_limit_refresh",
            "rate_limits.refresh",
            \.rateLimits.refresh,
            .integer(0...Self.requests),
            "Token refreshes a minute for each client address. 0: no limit."
        ),
        ConfigurationKey(
            "rate_limit_publish",
            "rate_limits.publish",
            \.rateLimits.publish,
            .integer(0...Self.requests),
            "Publishes a minute for each user; Galaxy drops what is refused. 0: no limit."
        ),
        ConfigurationKey(
            "rate_limit_bulk",
            "rate_limits.bulk",
            \.rateLimits.bulk,
            .integer(0...Self.requests),
            "Bulk publishes a minute for each user; Galaxy drops what is refused. 0: no limit."
        ),
    ]

    private static let requests = 1_000_000

    private static let webSocket: [ConfigurationKey] = [
        ConfigurationKey(
            "ws_max_per_user",
            "websocket.max_per_user",
            \.webSocket.maxPerUser,
            .integer(1...10_000_000),
            "Open WebSockets and event streams of one user, together."
        ),
        ConfigurationKey(
            "ws_idle_seconds",
            "websocket.idle_seconds",
            \.webSocket.idleTimeout,
            .duration(.seconds(5) ... .seconds(86_400)),
            "Seconds for a WebSocket to subscribe. A third of it, at most 20 s, is the time between pings, and for a pong."
        ),
        ConfigurationKey(
            "ws_query_token",
            "websocket.query_token",
            \.webSocket.acceptsQueryToken,
            .boolean,
            "Accept the token in the query of /ws and /sse (?token=), where proxies may log it."
        ),
    ]

    private static let poll: [ConfigurationKey] = [
        ConfigurationKey(
            "poll_max_topics",
            "poll.max_topics",
            \.poll.maxTopics,
            .integer(1...10_000),
            "Topics in one long poll."
        ),
        ConfigurationKey(
            "poll_max_waiters_per_user",
            "poll.max_waiters_per_user",
            \.poll.maxWaitersPerUser,
            .integer(1...10_000_000),
            "Waiting long polls of one user."
        ),
    ]

    private static let logging: [ConfigurationKey] = [
        ConfigurationKey(
            "log_level",
            "logging.level",
            \.logging.level,
            .logLevel,
            "Least severe level that is written: trace, debug, info, notice, warning, error, critical."
        ),
        ConfigurationKey(
            "log_format",
            "logging.format",
            \.logging.format,
            .choice,
            "text for people, json for machines."
        ),
    ]

    private static let metrics: [ConfigurationKey] = [
        ConfigurationKey(
            "metrics_per_topic",
            "metrics.per_topic",
            \.metrics.perTopic,
            .boolean,
            "Label series with the topic; /metrics is open, so this shows topic names and owners to anyone."
        ),
        ConfigurationKey(
            "metrics_max_topics",
            "metrics.max_topics",
            \.metrics.maxTopics,
            .integer(1...100_000),
            "Topics with series of their own; the rest are counted together."
        ),
    ]
}
