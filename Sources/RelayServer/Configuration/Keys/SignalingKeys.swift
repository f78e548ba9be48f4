extension RelayConfiguration {
    /// Signaling sockets.
    public struct Signaling: Hashable, Sendable {
        @Setting(
            "signaling_join_seconds",
            .duration(.seconds(1) ... .seconds(300)),
            "Seconds for a signaling socket without a token to join a session.",
            reloads: true
        )
        public var joinPatience = Duration.seconds(5)

        @Setting(
            "signaling_max_strangers_per_address",
            .integer(0...1_000_000),
            "Open sockets of an address that show no token and have not joined; 0: sockets have to show a token.",
            reloads: true
        )
        public var maxStrangersPerAddress = 50

        @Setting(
            "signaling_max_strangers",
            .integer(0...1_000_000),
            "Open sockets, in all, that show no token and have not joined; 429 beyond.",
            reloads: true
        )
        public var maxStrangers = 1_000

        @Setting(
            "signaling_messages_per_second",
            .integer(0...1_000_000),
            "Messages a second of one signaling socket; beyond, it is read no further for a while. 0: no limit.",
            reloads: true
        )
        public var messagesPerSecond = SenderBudget.Limits().messagesPerSecond

        @Setting(
            "signaling_bytes_per_second",
            .bytes(0...(1 << 34)),
            "Bytes a second of text of one signaling socket; beyond, it is read no further for a while. 0: no limit.",
            reloads: true
        )
        public var bytesPerSecond = SenderBudget.Limits().bytesPerSecond

        static let keys = ConfigurationKey.keys(
            "signaling",
            prefixes: ["signaling_"],
            at: \.signaling,
            \.$joinPatience,
            \.$maxStrangersPerAddress,
            \.$maxStrangers,
            \.$messagesPerSecond,
            \.$bytesPerSecond
        )

        public init() {}
    }
}
