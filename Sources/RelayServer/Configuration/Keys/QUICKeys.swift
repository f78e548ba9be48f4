import RelayQUIC
import RelayTunnels

extension RelayConfiguration {
    /// The port of QUIC: the QUIC relay, by which peers have streams and datagrams to each other, and HTTP/3 with WebTransport.
    public struct QUIC: Hashable, Sendable {
        /// nil, the default: there is no such port.
        @Setting(
            "quic_bind",
            ValueFormat.hostPort.optional,
            "Address and UDP port of the QUIC relay, HTTP/3 and WebTransport: 0.0.0.0:8443. Not set: none of these."
        )
        public var bind: HostPort? = nil

        @Setting(
            "http3_enabled",
            .boolean,
            "Whether the port of quic_bind speaks HTTP/3 and WebTransport, beside the QUIC relay."
        )
        public var speaksHTTP3 = true

        /// nil, the default: the certificate of `tls_cert_path`; without that the relay makes one. Read again when the file changes.
        @Setting(
            "quic_cert_path",
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of quic_bind's certificate and chain. Not set: tls_cert_path; without it one that the relay makes."
        )
        public var certificatePath: String? = nil

        /// Read again when the file changes.
        @Setting(
            "quic_key_path",
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of that certificate's key, without a passphrase."
        )
        public var keyPath: String? = nil

        @Setting(
            "quic_max_connections",
            .integer(1...1_000_000),
            "Open QUIC connections; refused beyond."
        )
        public var maxConnections = QUICLimits().connections

        @Setting(
            "quic_max_connections_per_address",
            .integer(1...1_000_000),
            "Open QUIC connections of one address; refused beyond."
        )
        public var maxConnectionsPerAddress = QUICLimits().connectionsPerAddress

        @Setting(
            "quic_max_strangers",
            .integer(1...1_000_000),
            "Open QUIC connections, in all, that have shown no ticket yet; closed beyond."
        )
        public var maxStrangers = 1_000

        @Setting(
            "quic_max_strangers_per_address",
            .integer(1...1_000_000),
            "The same of one address."
        )
        public var maxStrangersPerAddress = 50

        @Setting(
            "quic_auth_seconds",
            .duration(.seconds(1) ... .seconds(300)),
            "Seconds for a QUIC connection to show a ticket."
        )
        public var patience = Duration.seconds(5)

        @Setting("quic_max_tunnels", .integer(1...4_096), "Tunnels of one QUIC connection.")
        public var maxTunnels = AllocationLimits().tunnels

        @Setting(
            "quic_max_streams",
            .integer(1...4_096),
            "Open streams of one QUIC connection: of its tunnels, or its requests of HTTP/3 and streams of WebTransport."
        )
        public var maxStreams = AllocationLimits().streams

        /// What a stream's is `tunnel_window_bytes` says.
        @Setting(
            "quic_connection_window_bytes",
            .bytes(65_536...(1 << 30)),
            "Bytes in flight of all streams of a QUIC connection at which its client may send no more."
        )
        public var window = 4 << 20

        @Setting(
            "quic_idle_seconds",
            .duration(.seconds(1) ... .seconds(600)),
            "Seconds without a sign of its client after which a QUIC connection, of HTTP/3 too, is over."
        )
        public var idle = Duration.seconds(30)

        @Setting(
            "quic_keep_alive_seconds",
            .duration(.seconds(1) ... .seconds(600)),
            "Seconds of silence after which a QUIC client is asked whether it is there."
        )
        public var keepAlive = Duration.seconds(10)

        static let keys = ConfigurationKey.keys(
            "quic",
            prefixes: ["quic_"],
            at: \.quic,
            \.$bind,
            \.$speaksHTTP3,
            \.$certificatePath,
            \.$keyPath,
            \.$maxConnections,
            \.$maxConnectionsPerAddress,
            \.$maxStrangers,
            \.$maxStrangersPerAddress,
            \.$patience,
            \.$maxTunnels,
            \.$maxStreams,
            \.$window,
            \.$idle,
            \.$keepAlive
        )

        public init() {}
    }
}
