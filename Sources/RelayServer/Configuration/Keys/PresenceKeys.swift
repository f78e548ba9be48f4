import RelayPresence

extension RelayConfiguration {
    /// Who is on which topic.
    public struct Presence: Hashable, Sendable {
        /// Over Pulse it is as much as pulse_max_message_bytes allows where that is less.
        @Setting(
            "presence_max_data_bytes",
            .bytes(0...(1 << 20)),
            "Bytes of JSON that a member of a topic may say of itself.",
            reloads: true
        )
        public var maxDataBytes = PresenceSettings().maxDataBytes

        @Setting(
            "presence_max_topics_per_connection",
            .integer(1...10_000),
            "Topics that one connection may be a member of.",
            reloads: true
        )
        public var maxTopicsPerConnection = PresenceSettings().maxTopicsPerConnection

        @Setting(
            "presence_max_members_per_user",
            .integer(1...1_000_000),
            "Memberships of one user, by all connections to a relay and on all topics together.",
            reloads: true
        )
        public var maxMembersPerUser = PresenceSettings().maxMembersPerUser

        @Setting(
            "presence_max_members_per_topic",
            .integer(1...1_000_000),
            "Members of one topic, on all relays together.",
            reloads: true
        )
        public var maxMembersPerTopic = PresenceSettings().maxMembersPerTopic

        /// Whoever comes to watch is sent as much.
        @Setting(
            "presence_max_bytes_per_topic",
            .bytes(1_024...(1 << 28)),
            "Bytes that the members of one topic may take together, in memory and in what is sent to who watches.",
            reloads: true
        )
        public var maxBytesPerTopic = PresenceSettings().maxBytesPerTopic

        @Setting(
            "presence_lease_seconds",
            .duration(.seconds(3) ... .seconds(3_600)),
            "Seconds for which the members of a relay that is gone are still shown."
        )
        public var lease = Duration.seconds(PresenceSettings().leaseSeconds)

        static let keys = ConfigurationKey.keys(
            "presence",
            prefixes: ["presence_"],
            at: \.presence,
            \.$maxDataBytes,
            \.$maxTopicsPerConnection,
            \.$maxMembersPerUser,
            \.$maxMembersPerTopic,
            \.$maxBytesPerTopic,
            \.$lease
        )

        public init() {}
    }

    /// What presence is held to.
    var presenceSettings: PresenceSettings {
        PresenceSettings(
            maxDataBytes: self.presence.maxDataBytes,
            maxTopicsPerConnection: self.presence.maxTopicsPerConnection,
            maxMembersPerUser: self.presence.maxMembersPerUser,
            maxMembersPerTopic: self.presence.maxMembersPerTopic,
            maxBytesPerTopic: self.presence.maxBytesPerTopic,
            leaseSeconds: self.presence.lease.components.seconds
        )
    }
}
