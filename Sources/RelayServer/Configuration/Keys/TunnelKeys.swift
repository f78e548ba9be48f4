import RelayTunnels

extension RelayConfiguration {
    /// What peers may send each other through the relay.
    public struct Tunnels: Hashable, Sendable {
        @Setting(
            "relay_bandwidth_limit",
            .bytes(0...(1 << 34)),
            "Bytes a second that the tunnels of one session may carry together, and TURN for one user. 0: no limit."
        )
        public var bytesPerSecond = 10 << 20

        @Setting(
            "tunnel_window_bytes",
            .bytes(65_536...(64 << 20)),
            "Bytes in flight in each direction of a tunnel at which its sender's socket is not read on."
        )
        public var window = 256 << 10

        @Setting(
            "tunnel_pair_seconds",
            .duration(.seconds(1) ... .seconds(3_600)),
            "Seconds for which an end of a tunnel waits for the other end."
        )
        public var patience = Duration.seconds(60)

        /// nil, the default: both ends of a tunnel have to come to the same relay.
        @Setting(
            "node_url",
            ValueFormat.nodeAddress.optional,
            "URL by which the other relays on the same Valkey reach this one, for tunnels between them. Not set: none."
        )
        public var node: NodeAddress? = nil

        /// nil, the default: the machine's.
        @Setting(
            "node_ca_file",
            ValueFormat.text(length: 1...4096).optional,
            "PEM file with the authorities to trust for relays whose node_url is https. Not set: the machine's."
        )
        public var nodeAuthorities: String? = nil

        static let keys = ConfigurationKey.keys(
            "tunnels",
            prefixes: ["tunnel_"],
            at: \.tunnels,
            \.$bytesPerSecond,
            \.$window,
            \.$patience,
            \.$node,
            \.$nodeAuthorities
        )

        public init() {}
    }
}
