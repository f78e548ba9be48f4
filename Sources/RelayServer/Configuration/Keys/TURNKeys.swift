extension RelayConfiguration {
    /// Relaying datagrams between peers that find no way to each other (TURN, RFC 8656), on the port of ``PeerPort``.
    public struct TURN: Hashable, Sendable {
        @Setting("turn_enabled", .boolean, "Relay datagrams for users with credentials from /v1/ice-servers.")
        public var isEnabled = false

        /// nil, the default: made from the relay's secret.
        @Setting(
            "turn_secret",
            ValueFormat.secret(minimumLength: 16).optional,
            "Secret that TURN's passwords are made from, to share them with another TURN server. Not set: made by the relay."
        )
        public var secret: Secret? = nil

        @Setting(
            "turn_credential_ttl",
            .seconds(.seconds(60) ... .seconds(7 * 86_400)),
            "Seconds for which a user may begin to relay with credentials once issued."
        )
        public var credentialLife = Duration.seconds(ICEServers.standardLife)

        @Setting("turn_min_port", .integer(1_024...65_535), "First of the UDP ports that are given to clients.")
        public var minPort = Int(TURNLimits().ports.lowerBound)

        @Setting("turn_max_port", .integer(1_024...65_535), "Last of these.")
        public var maxPort = Int(TURNLimits().ports.upperBound)

        @Setting(
            "turn_max_allocations",
            .integer(1...60_000),
            "Such ports that are in use at a time, of all users; refused beyond. Each needs a file."
        )
        public var maxAllocations = TURNLimits().allocations

        @Setting("turn_max_allocations_per_user", .integer(1...60_000), "Of one user.")
        public var maxAllocationsPerUser = TURNLimits().allocationsPerUser

        @Setting(
            "turn_allowed_peers",
            .networks,
            "Addresses and networks to relay to although they are private or special; of this machine only addresses. Empty: none."
        )
        public var allowedPeers: [IPNetwork] = []

        static let keys = ConfigurationKey.keys(
            "turn",
            prefixes: ["turn_"],
            at: \.turn,
            \.$isEnabled,
            \.$secret,
            \.$credentialLife,
            \.$minPort,
            \.$maxPort,
            \.$maxAllocations,
            \.$maxAllocationsPerUser,
            \.$allowedPeers
        )

        public init() {}
    }
}
