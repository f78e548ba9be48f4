/// What presence is held to.
public struct PresenceSettings: Hashable, Sendable {
    /// What a member may say of itself, bytes of JSON. Default 64 KiB.
    public var maxDataBytes: Int
    /// On how many topics a connection may be a member. Default 100.
    public var maxTopicsPerConnection: Int
    /// How often a user may be a member on this relay, by all connections and topics together. Default 10,000.
    public var maxMembersPerUser: Int
    /// How many members a topic may have, on all relays together. Relays that let members in at the same moment may go a little beyond.
    /// Default 10,000.
    public var maxMembersPerTopic: Int
    /// What the members of a topic may cost together (``PresenceMember/cost``), bytes: as much is sent to who comes to watch. Default 8 MiB.
    public var maxBytesPerTopic: Int
    /// How long the members of a relay that is gone are still shown, seconds. Renewed at a third of it. Default 30, at least 3.
    public var leaseSeconds: Int64

    /// Longer than anybody waits, and short enough to count with.
    private static let longestLease: Int64 = 1_000_000_000

    public init(
        maxDataBytes: Int = 64 << 10,
        maxTopicsPerConnection: Int = 100,
        maxMembersPerUser: Int = 10_000,
        maxMembersPerTopic: Int = 10_000,
        maxBytesPerTopic: Int = 8 << 20,
        leaseSeconds: Int64 = 30
    ) {
        self.maxDataBytes = maxDataBytes
        self.maxTopicsPerConnection = maxTopicsPerConnection
        self.maxMembersPerUser = maxMembersPerUser
        self.maxMembersPerTopic = maxMembersPerTopic
        self.maxBytesPerTopic = maxBytesPerTopic
        self.leaseSeconds = min(max(3, leaseSeconds), Self.longestLease)
    }
}
