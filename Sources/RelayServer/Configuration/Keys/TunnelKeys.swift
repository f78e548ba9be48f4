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

        static let keys = ConfigurationKey.keys(
            "tunnels",
            prefixes: ["tunnel_"],
            at: \.tunnels,
            \.$bytesPerSecond,
            \.$window,
            \.$patience
        )

        public init() {}
    }
}
