import RelaySessions

extension RelayConfiguration {
    /// The port by which peers find out how they reach each other: STUN over UDP and TCP.
    public struct PeerPort: Hashable, Sendable {
        /// nil, the default: there is no such port.
        @Setting(
            "udp_bind",
            ValueFormat.hostPort.optional,
            "Address and port for STUN over UDP, and over TCP on the same number: 0.0.0.0:7000. Not set: none."
        )
        public var bind: HostPort? = nil

        /// Answers leave by it where a client asks for that. It has no TCP.
        @Setting(
            "udp_alternate_port",
            .integer(0...65_535),
            "Second UDP port, by which clients find out what their NAT does (RFC 5780). 0: none."
        )
        public var alternatePort = 7_001

        @Setting(
            "udp_alternate_address",
            ValueFormat.address.optional,
            "Second address of this machine, for the same. udp_bind must then name the first. Not set: none."
        )
        public var alternateAddress: String? = nil

        @Setting(
            "public_address",
            ValueFormat.address.optional,
            "Address by which clients reach udp_bind, where a NAT stands between. Not set: as they are received."
        )
        public var publicAddress: String? = nil

        @Setting(
            "public_host",
            ValueFormat.text(length: 1...255).optional,
            "Name or address that clients are told to reach that port by. Not set: public_address, or that of udp_bind."
        )
        public var publicHost: String? = nil

        /// An IPv6 address counts with its /64.
        @Setting(
            "udp_requests_per_second",
            .integer(0...1_000_000),
            "Answers in a second to one address that has not shown who it is; no answer beyond. 0: no limit."
        )
        public var requestsPerSecond = SourceBuckets.standardRate

        @Setting(
            "udp_max_connections",
            .integer(1...1_000_000),
            "Open TCP connections to that port; at the limit no more are accepted until one closes."
        )
        public var maxConnections = 1_000

        @Setting(
            "hole_punch_timeout",
            .seconds(.seconds(1) ... .seconds(60)),
            "Seconds that two peers are told to try to reach each other directly."
        )
        public var punchTime = Duration.seconds(PunchRules().seconds)

        /// Default off: then only where the two are seen by one public address.
        @Setting(
            "punch_private_addresses",
            .boolean,
            "Tell peers that look for a way to each other also the private addresses of the other, whatever network it is on."
        )
        public var sharesPrivateAddresses = PunchRules().sharesPrivate

        static let keys = ConfigurationKey.keys(
            "udp",
            prefixes: ["udp_"],
            at: \.peerPort,
            \.$bind,
            \.$alternatePort,
            \.$alternateAddress,
            \.$publicAddress,
            \.$publicHost,
            \.$requestsPerSecond,
            \.$maxConnections,
            \.$punchTime,
            \.$sharesPrivateAddresses
        )

        public init() {}
    }
}

extension RelayConfiguration.PeerPort {
    var punchRules: PunchRules {
        var rules = PunchRules()
        rules.seconds = self.punchTime.components.seconds
        rules.sharesPrivate = self.sharesPrivateAddresses
        return rules
    }
}
