extension RelayConfiguration {
    /// The listener, and what a connection may take from the process.
    public struct Server: Hashable, Sendable {
        /// A name or an IP address. Default `127.0.0.1`.
        public var host = "127.0.0.1"
        /// 0 lets the system choose. Default 8080.
        public var port = 8080
        /// Event loop threads. 0, the default: one for each core.
        public var threads = 0
        /// Open connections, WebSockets included. At the limit the relay stops accepting until one closes. Default 20,000.
        public var maxConnections = 20_000
        /// Largest request body and largest WebSocket message, in bytes, chunked bodies too. At least 1,024; default 1 MiB.
        public var maxBodyBytes = 1_048_576
        /// From the first byte of a connection or request to the end of its head. Default 10 s.
        public var headerTimeout = Duration.seconds(10)
        /// From the end of a request's head to the end of its body. Default 30 s.
        public var readTimeout = Duration.seconds(30)
        /// A response whose peer takes no byte for so long is cut off; WebSockets are watched by pings instead. Default 30 s.
        public var writeTimeout = Duration.seconds(30)
        /// How long a connection may stay open between two requests. Default 75 s.
        public var idleTimeout = Duration.seconds(75)
        /// From SIGTERM to the moment at which what is still open is cut off. Default 25 s.
        public var shutdownGrace = Duration.seconds(25)
        /// Origins that browsers may call from, each `scheme://host[:port]`, compared exactly. Empty, the default: none.
        public var allowedOrigins: [String] = []
        /// `Host` values that are answered: names, `*.example.org`, or `*`. Empty, the default: any.
        public var trustedHosts: [String] = []
        /// Whether `X-Forwarded-For` decides the client's address, and only in requests from `trustedProxies`. Default false.
        public var trustForwardedFor = false
        /// Addresses and networks (`10.0.0.0/8`) of the proxies in front of the relay. Default empty.
        public var trustedProxies: [IPNetwork] = []

        public init() {}
    }
}
