import RelayWire

extension RelayConfiguration {
    /// Clients of the Pulse engine, which speak MessagePack over WebSockets.
    public struct Pulse: Hashable, Sendable {
        /// nil, the default: there is no such port. `/pulse` is on the relay's own port in any case.
        @Setting(
            "pulse_port",
            ValueFormat.integer(1...65_535).optional,
            "Further port, where Pulse's clients find their WebSocket and /health as they know them. Not set: none."
        )
        public var port: Int? = nil

        /// nil, the default: as the relay's own port.
        @Setting(
            "pulse_host",
            ValueFormat.text(length: 1...255).optional,
            "Address that pulse_port listens on. Not set: host."
        )
        public var host: String? = nil

        @Setting(
            "pulse_websocket_path",
            aliases: ["transport.websocket_path"],
            .path,
            "Path of the WebSocket on pulse_port. On the relay's own port it is /pulse."
        )
        public var path = "/ws"

        /// Payloads that come by other ways have the bounds of those.
        @Setting(
            "pulse_max_message_bytes",
            .bytes(1...PulseFraming.maximumFrame),
            "Largest payload that is published over Pulse, in bytes."
        )
        public var maxMessageBytes = 65_536

        @Setting(
            "pulse_max_subscriptions",
            aliases: ["limits.max_subscriptions_per_connection"],
            .integer(1...10_000),
            "Channels that one Pulse connection may subscribe to.",
            reloads: true
        )
        public var maxSubscriptions = 100

        /// A channel's name that begins with `presence:` only has its subscribers told from the beginning, at every relay: who subscribes is there
        /// only once it says so. In other channels a relay looks for presence once one of its own clients says something of it.
        @Setting(
            "pulse_presence",
            .choice,
            "Channels with presence: all, those whose names begin with presence: (named), or none (off)."
        )
        public var presence = PresenceScope.all

        /// Told to clients, too.
        @Setting(
            "pulse_heartbeat_seconds",
            .duration(.milliseconds(100) ... .seconds(3_600)),
            "Seconds without a word from a Pulse client until it is pinged."
        )
        public var heartbeat = Duration.seconds(30)

        @Setting(
            "pulse_timeout_seconds",
            .duration(.milliseconds(200) ... .seconds(7_200)),
            "Seconds without a word from a Pulse client until its connection is closed."
        )
        public var timeout = Duration.seconds(60)

        /// nil, the default: everybody has to show a token.
        @Setting(
            "pulse_anonymous_user",
            ValueFormat.text(length: 1...255).optional,
            "User as whom Pulse clients act that show no token, with its grants, and never as an administrator. Not set: none."
        )
        public var anonymousUser: String? = nil

        @Setting(
            "pulse_max_anonymous_per_address",
            .integer(1...1_000_000),
            "Pulse connections of an address that show no token, where pulse_anonymous_user lets them in; 429 beyond.",
            reloads: true
        )
        public var maxAnonymousPerAddress = 50

        @Setting(
            "pulse_max_anonymous",
            .integer(1...1_000_000),
            "Pulse connections, in all, that show no token, where pulse_anonymous_user lets them in; 429 beyond.",
            reloads: true
        )
        public var maxAnonymous = 1_000

        /// On ``port``.
        static let healthPath = "/health"

        static let keys = ConfigurationKey.keys(
            "pulse",
            prefixes: ["pulse_"],
            at: \.pulse,
            \.$port,
            \.$host,
            \.$path,
            \.$maxMessageBytes,
            \.$maxSubscriptions,
            \.$presence,
            \.$heartbeat,
            \.$timeout,
            \.$anonymousUser,
            \.$maxAnonymousPerAddress,
            \.$maxAnonymous
        )

        public init() {}

        /// In which channels there is presence.
        public enum PresenceScope: String, Hashable, Sendable, CaseIterable {
            case all
            case named
            case off
        }
    }
}
