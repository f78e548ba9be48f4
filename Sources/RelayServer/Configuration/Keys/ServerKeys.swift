import NIOCore

extension RelayConfiguration {
    /// The listener, and what a connection may take from the process.
    public struct Server: Hashable, Sendable {
        @Setting(
            "host",
            .text(length: 1...255),
            "Address to listen on: 0.0.0.0 for all of IPv4, :: for all. http_bind: 0.0.0.0:8080 sets host and port."
        )
        public var host = "127.0.0.1"

        @Setting(
            "port",
            aliases: ["server.http_port", "http_port"],
            .integer(0...65_535),
            "Port to listen on. 0 lets the system choose."
        )
        public var port = 8080

        @Setting(
            "threads",
            aliases: ["workers", "server.workers"],
            .integer(0...256),
            "Event loop threads. 0: one for each core."
        )
        public var threads = 0

        @Setting(
            "max_connections",
            aliases: ["limits.max_connections"],
            .integer(1...10_000_000),
            "Open connections, WebSockets included; at the limit no more are accepted until one closes."
        )
        public var maxConnections = 20_000

        /// An IPv6 address counts with its /64. At the limit more are closed at once.
        @Setting(
            "max_connections_per_address",
            .integer(0...10_000_000),
            "Open connections of one client address. 0: no limit, as for trusted_proxies and this machine.",
            reloads: true
        )
        public var maxConnectionsPerAddress = 5_000

        /// Likewise.
        @Setting(
            "max_new_connections_per_address",
            .integer(0...10_000_000),
            "New connections of one client address in a second. 0: no limit, as for trusted_proxies and this machine.",
            reloads: true
        )
        public var maxNewConnectionsPerAddress = 1_000

        /// At least 1,024; chunked bodies too.
        @Setting(
            "max_body_bytes",
            aliases: ["limits.max_message_size"],
            .bytes(1_024...(1 << 30)),
            "Largest request body and largest WebSocket message, in bytes."
        )
        public var maxBodyBytes = 1_048_576

        /// From the first byte of a connection or request to the end of its head.
        @Setting(
            "header_timeout",
            .duration(timeouts),
            "Time for the head of a request to arrive, in seconds.",
            reloads: true
        )
        public var headerTimeout = Duration.seconds(10)

        /// From the end of a request's head to the end of its body.
        @Setting(
            "read_timeout",
            .duration(timeouts),
            "Time for the body of a request to arrive, in seconds.",
            reloads: true
        )
        public var readTimeout = Duration.seconds(30)

        /// WebSockets are watched by pings instead.
        @Setting(
            "write_timeout",
            .duration(timeouts),
            "Seconds after which a response is cut off if its reader takes no byte.",
            reloads: true
        )
        public var writeTimeout = Duration.seconds(30)

        @Setting(
            "idle_timeout",
            .duration(timeouts),
            "Seconds for which a connection may stay open between two requests.",
            reloads: true
        )
        public var idleTimeout = Duration.seconds(75)

        @Setting(
            "peer_timeout",
            .duration(.seconds(6) ... .seconds(3_600)),
            "Seconds of silence after which a client is gone whose system answers nothing. One that only pauses is kept."
        )
        public var peerTimeout = Duration(VanishedPeers.standardBound)

        @Setting(
            "shutdown_grace_seconds",
            .duration(.zero ... .seconds(3_600)),
            "Seconds from SIGTERM until what is still open is cut off. 0: at once.",
            reloads: true
        )
        public var shutdownGrace = Duration.seconds(25)

        /// With few connections it takes less. At most four fifths of the grace.
        @Setting(
            "shutdown_spread_seconds",
            .duration(.zero ... .seconds(3_600)),
            "Seconds of the grace in which WebSockets, event streams and polls are ended one after another. 0: all at once.",
            reloads: true
        )
        public var shutdownSpread = Duration.seconds(10)

        /// Load balancers look elsewhere meanwhile, and peers can move.
        @Setting(
            "shutdown_notice_seconds",
            .duration(.zero ... .seconds(3_600)),
            "Seconds from SIGTERM in which the relay serves on, says so (/ready is 503), and makes no sessions. 0: none.",
            reloads: true
        )
        public var shutdownNotice = Duration.zero

        /// For relays that clients reach by addresses of their own. Where all are behind one, clients come back to that.
        @Setting(
            "shutdown_alternate_url",
            ValueFormat.publicURL.optional,
            "Where clients had better come again when the relay stops: another one. Not set: to where they were.",
            reloads: true
        )
        public var shutdownAlternate: PublicURL? = nil

        /// Each `scheme://host[:port]`, compared exactly.
        @Setting(
            "allowed_origins",
            .origins,
            "Origins that browsers may call from; * is any. Empty: none.",
            reloads: true
        )
        public var allowedOrigins: [String] = []

        @Setting(
            "trusted_hosts",
            .hosts,
            "Host names that requests may be addressed to; *.example.org and * are allowed. Empty: any.",
            reloads: true
        )
        public var trustedHosts: [String] = []

        @Setting(
            "trust_forwarded_for",
            .boolean,
            "Take the client's address from X-Forwarded-For, in requests from trusted_proxies only."
        )
        public var trustForwardedFor = false

        @Setting("trusted_proxies", .networks, "Addresses and networks of the proxies in front of the relay.")
        public var trustedProxies: [IPNetwork] = []

        /// Without TLS only HTTP/1.1 is spoken.
        @Setting("http2", .boolean, "Whether clients over TLS are offered HTTP/2, beside HTTP/1.1.")
        public var http2 = true

        /// Each counts as a connection for `max_connections` and `max_connections_per_address`.
        @Setting(
            "http2_max_streams",
            .integer(1...10_000),
            "Requests, event streams and WebSockets at a time on one HTTP/2 connection.",
            reloads: true
        )
        public var maxStreams = 128

        /// It can do no more than its visitor, who signs in.
        @Setting("console", .boolean, "Whether /console is served, pages to look after the relay with.")
        public var console = true

        static let keys = ConfigurationKey.keys(
            "server",
            at: \.server,
            \.$host,
            \.$port,
            \.$threads,
            \.$maxConnections,
            \.$maxConnectionsPerAddress,
            \.$maxNewConnectionsPerAddress,
            \.$maxBodyBytes,
            \.$headerTimeout,
            \.$readTimeout,
            \.$writeTimeout,
            \.$idleTimeout,
            \.$peerTimeout,
            \.$shutdownGrace,
            \.$shutdownSpread,
            \.$shutdownNotice,
            \.$shutdownAlternate,
            \.$allowedOrigins,
            \.$trustedHosts,
            \.$trustForwardedFor,
            \.$trustedProxies,
            \.$http2,
            \.$maxStreams,
            \.$console
        )

        private static let timeouts = Duration.milliseconds(100)...Duration.seconds(3_600)

        public init() {}
    }
}
