/// How long things last and how much of them a session has. Rules are the relay's configuration. They are not stored with a session.
public struct SessionRules: Hashable, Sendable {
    public var times: SessionTimes
    public var limits: SessionLimits

    public init(times: SessionTimes = SessionTimes(), limits: SessionLimits = SessionLimits()) {
        self.times = times
        self.limits = limits
    }
}

/// Times in seconds.
///
/// A time is also the most that its deadline is ever ahead of the clock. So where a clock is set back, nothing lasts longer from then on
/// than if it had just begun. Negative values count as 0.
public struct SessionTimes: Hashable, Sendable {
    /// How long a new session waits for its host. Default 120.
    public var claimSeconds: Int64 = 120
    /// How long a host that was lost may come back. Default 60.
    public var hostGraceSeconds: Int64 = 60
    /// From the notice to the end. Default 5.
    public var closingNoticeSeconds: Int64 = 5
    /// How long another peer that was lost may come back. Default 30.
    public var reconnectSeconds: Int64 = 30
    /// After how long without a sign of life a connection counts as lost. Default 45, three missed pings. Leases are kept apart from
    /// sessions: whoever sees one end tells the session by ``Session/connectionLost(_:of:at:)``.
    public var leaseSeconds: Int64 = 45
    /// How long a session lives after its creation or its host's last heartbeat. Default 3,600.
    public var sessionSeconds: Int64 = 3600
    /// How long a session lives in all, heartbeats or not. Default 86,400.
    public var maximumSessionSeconds: Int64 = 86_400
    /// The longest time that an invite is good for. Default 86,400.
    public var maximumInviteSeconds: Int64 = 86_400
    /// How long a join may be repeated by its key. Default 600.
    public var joinRepeatSeconds: Int64 = 600
    /// How long a lock is held without being renewed. Default 30.
    public var lockSeconds: Int64 = 30
    /// How long an ended session is kept, so that who asks for it is told that it has ended, and how. Default 60.
    public var endedSeconds: Int64 = 60
    /// How long a tunnel's other end may take to accept. Default 30.
    public var tunnelRequestSeconds: Int64 = 30

    public init() {}
}

/// The most that there may be of each.
///
/// A limit above its ceiling counts as the ceiling, and a negative one as 0: so a stored session has a bounded size whatever is configured.
public struct SessionLimits: Hashable, Sendable {
    /// Peers in a session's roster. While nobody is host, one place is kept for the host. Default 64, ceiling 1,024.
    public var peers = 64 { didSet { self.peers = Self.clamped(self.peers, 1024) } }
    /// Bytes of a session's metadata. Default 16 KiB, ceiling 64 KiB.
    public var metadataBytes = 16_384 { didSet { self.metadataBytes = Self.clamped(self.metadataBytes, 65_536) } }
    /// Bytes of a peer's profile. Default 2 KiB, ceiling 16 KiB.
    public var profileBytes = 2048 { didSet { self.profileBytes = Self.clamped(self.profileBytes, 16_384) } }
    /// Invites that are good at a time. Default 100, ceiling 1,000.
    public var invites = 100 { didSet { self.invites = Self.clamped(self.invites, 1000) } }
    /// Peers that left and can come back with their own ticket. Of more, the first that left needs an invite. Default 128, ceiling 1,024.
    public var departedPeers = 128 { didSet { self.departedPeers = Self.clamped(self.departedPeers, 1024) } }
    /// Joins that may be repeated. Of more, the oldest can't be repeated any longer. Default 128, ceiling 1,024.
    public var repeatableJoins = 128 { didSet { self.repeatableJoins = Self.clamped(self.repeatableJoins, 1024) } }
    /// Keys that were kicked. A session that has as many admits nobody who is new. Default 256, at least 1, ceiling 1,024.
    public var barredKeys = 256 { didSet { self.barredKeys = max(1, Self.clamped(self.barredKeys, 1024)) } }
    /// Locks in a session. Default 256, ceiling 4,096.
    public var locks = 256 { didSet { self.locks = Self.clamped(self.locks, 4096) } }
    /// Locks of a peer. Default 64.
    public var locksPerPeer = 64
    /// Tunnels in a session. Default 64, ceiling 1,024.
    public var tunnels = 64 { didSet { self.tunnels = Self.clamped(self.tunnels, 1024) } }
    /// Documents in a session. Default 16, ceiling 1,024.
    public var sharedDocuments = 16 { didSet { self.sharedDocuments = Self.clamped(self.sharedDocuments, 1024) } }

    public init() {}

    private static func clamped(_ value: Int, _ ceiling: Int) -> Int {
        min(max(0, value), ceiling)
    }
}
