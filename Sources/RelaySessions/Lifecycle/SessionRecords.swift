public import RelayWire

/// A ticket that members give away: how often and until when it brings somebody in.
public struct SessionInvite: Hashable, Sendable {
    public let id: TicketID
    /// Never host.
    public let role: SessionRole
    public let capabilities: SessionCapabilities
    public internal(set) var usesLeft: UInt32
    public internal(set) var expiresAt: Timestamp
    public internal(set) var isRevoked: Bool
    /// The peer that made it; nil for an account, the relay, and invites of before it was noted.
    public let maker: PeerID?

    /// Whether it may still bring somebody in.
    public func isGood(at now: Timestamp) -> Bool {
        !self.isRevoked && self.usesLeft > 0 && now < self.expiresAt
    }
}

/// A join that its client may repeat, since the answer may have been lost: by the same token with the same key.
public struct RepeatableJoin: Hashable, Sendable {
    public let key: JoinKey
    /// Of who joined; nil for nobody's.
    public let account: AccountID?
    /// The ticket that the peer got for its own: of all peers that ever have its name, it is the one with this ticket.
    public let ticket: TicketID
    public internal(set) var until: Timestamp
}

/// The public address from where a peer was seen to join, for nothing else than to compare it with another's.
public struct PeerOrigin: Hashable, Sendable {
    public let peer: PeerID
    /// The same for the same address in the same session, and no address itself.
    public let mark: UInt64
}

/// At which relay a peer had its QUIC connection last, so that every relay finds it. That it still has it only that relay knows.
public struct PeerPlace: Hashable, Sendable {
    public let peer: PeerID
    public internal(set) var node: NodeURL
}

/// A lock on one element, held for as long as it is renewed.
public struct SessionLock: Hashable, Sendable {
    public let element: ElementID
    public let holder: PeerID
    /// Greater than that of every lock before it in the session. Who keeps what the lock protects refuses a write with a smaller one.
    public let fence: UInt64
    public internal(set) var leaseUntil: Timestamp
}

/// Which two peers a tunnel belongs to. The bytes in it are none of the session's business.
public struct SessionTunnel: Hashable, Sendable {
    public let id: TunnelID
    public let opener: PeerID
    public let target: PeerID
    /// When the request ends unless the target accepts; nil once it has.
    public internal(set) var pendingUntil: Timestamp?
    /// The relay where its ends meet; nil before an end has come to a relay that others can reach.
    public internal(set) var node: NodeURL?

    public var isAccepted: Bool { self.pendingUntil == nil }

    public func binds(_ peer: PeerID) -> Bool {
        peer == self.opener || peer == self.target
    }
}

/// Between which two peers proxy frames go, and at which relay: so that a peer that comes to another relay is connected to there.
public struct SessionProxy: Hashable, Sendable {
    public let id: TunnelID
    public let opener: PeerID
    /// Nil for whoever accepts it.
    public internal(set) var target: PeerID?
    /// The relay that decides about the frames.
    public let node: NodeURL

    public func binds(_ peer: PeerID) -> Bool {
        peer == self.opener || peer == self.target
    }
}

/// Who asks for a change. The caller has made sure that it is them.
public enum SessionActor: Hashable, Sendable {
    /// A peer in the roster, over its connection.
    case peer(PeerID)
    /// An account, over HTTP. Whoever made the session has what a host has. Others have what their peers have together.
    case account(AccountID)
    /// The relay, or one of its administrators.
    case relay

    var peer: PeerID? { if case .peer(let peer) = self { peer } else { nil } }
}
