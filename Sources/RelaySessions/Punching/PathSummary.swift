public import RelayWire

/// Two peers of a session, in the order of their ids.
public struct PeerPair: Hashable, Sendable {
    public let lower: PeerID
    public let higher: PeerID

    /// - Returns: nil for a peer and itself.
    public init?(_ first: PeerID, _ second: PeerID) {
        guard first != second else { return nil }
        (self.lower, self.higher) = first < second ? (first, second) : (second, first)
    }

    public func has(_ peer: PeerID) -> Bool { peer == self.lower || peer == self.higher }
}

/// What two peers have sent each other by one way.
public struct PathUsage: Hashable, Sendable {
    public let mode: PathMode
    /// Bytes from the peer with the lower id to the other.
    public var upward: Int64
    public var downward: Int64
    /// Whether the relay has counted it itself.
    public let isVerified: Bool
    /// When a peer said so last; nil where the relay has counted.
    public var saidAt: Timestamp?

    public init(
        mode: PathMode,
        upward: Int64 = 0,
        downward: Int64 = 0,
        isVerified: Bool,
        saidAt: Timestamp? = nil
    ) {
        self.mode = mode
        self.upward = upward
        self.downward = downward
        self.isVerified = isVerified
        self.saidAt = saidAt
    }
}

/// What is known of the ways between two peers.
public struct PathSummary: Hashable, Sendable {
    public let pair: PeerPair
    /// Nil for none that is known.
    public var mode: PathMode?
    public var since: Timestamp
    public var reason: PathReason
    /// In milliseconds, as one of the two said last.
    public var roundTrip: Int64?
    /// When one of the two said last that they have no way; nil where none did.
    public var deniedAt: Timestamp?
    public var usages: [PathUsage]

    public init(
        pair: PeerPair,
        mode: PathMode?,
        since: Timestamp,
        reason: PathReason,
        roundTrip: Int64? = nil,
        deniedAt: Timestamp? = nil,
        usages: [PathUsage]
    ) {
        self.pair = pair
        self.mode = mode
        self.since = since
        self.reason = reason
        self.roundTrip = roundTrip
        self.deniedAt = deniedAt
        self.usages = usages
    }
}
