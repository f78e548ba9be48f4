public import RelayWire

/// What a transition tells the session's members: one control message each, in this order, exactly once.
///
/// With the session after the transition they have what every dialect's messages need.
public enum SessionEvent: Hashable, Sendable {
    case created
    case stateChanged(from: Session.State, to: Session.State)
    /// A peer is new in the roster.
    case peerJoined(SessionPeer)
    /// A peer lost its connection, and may come back.
    case peerAway(PeerID)
    /// A peer has its connection back, or another.
    case peerReturned(PeerID)
    /// A peer came over another connection. Who has this one closes it with 4010.
    case connectionReplaced(PeerID, ConnectionID)
    /// A peer is out of the roster. Each ``peerJoined(_:)`` is followed by exactly one of these.
    case peerLeft(PeerID, LeaveReason)
    /// A peer was put out. Who has its connection closes it with 4003. A ``peerLeft(_:_:)`` follows.
    case kicked(PeerID, ConnectionID, by: SessionActor, reason: String)
    case roleChanged(PeerID, from: SessionRole, to: SessionRole, SessionCapabilities)
    case hostChanged(from: PeerID?, to: PeerID?, HostChangeReason)
    case inviteCreated(SessionInvite)
    case inviteRevoked(TicketID)
    /// The session lives longer than was told before.
    case expiryExtended(to: Timestamp)
    case lockGranted(SessionLock)
    case lockReleased(SessionLock, LockReleaseReason)
    case tunnelRequested(SessionTunnel)
    case tunnelAccepted(SessionTunnel)
    case tunnelClosed(SessionTunnel, TunnelCloseReason)
}

/// Why a peer left.
public enum LeaveReason: String, Hashable, Sendable {
    case left
    /// It did not come back in time.
    case lost
    case kicked
    /// The session ended.
    case ended
}

/// Why another peer, or none, is host.
public enum HostChangeReason: String, Hashable, Sendable {
    /// By a claim, or by coming back to a session that waited.
    case claimed
    /// The longest-connected editor took the place of a host that is gone.
    case migrated
    /// By a change of roles.
    case appointed
    /// The host is gone, and nobody took its place.
    case left
}

/// Why a session ends. The raw value is the stored form.
public enum CloseReason: UInt8, Hashable, Sendable, CaseIterable {
    case userRequested = 0
    case hostLeft = 1
    /// No host came in time.
    case unclaimed = 2

    /// As in messages and metrics.
    public var name: String {
        switch self {
        case .userRequested: "user_requested"
        case .hostLeft: "host_left"
        case .unclaimed: "unclaimed"
        }
    }
}

/// Why nobody holds a lock any more. The end of the session releases all, and is not told for each.
public enum LockReleaseReason: String, Hashable, Sendable {
    case released
    case leaseEnded = "lease_ended"
    case holderLeft = "holder_left"
    /// The holder may not edit any more.
    case demoted
}

/// Why a tunnel ended. The end of the session closes all, and is not told for each.
public enum TunnelCloseReason: String, Hashable, Sendable {
    case closed
    case rejected
    /// The target did not accept in time.
    case unanswered
    case peerLeft = "peer_left"
}

/// What an operation makes of a session.
public struct SessionTransition: Hashable, Sendable {
    /// The session from now on. Its revision is one more than before: a store takes it only over that one. Where nothing has changed it is the
    /// same as before, and there is nothing to tell.
    public let session: Session
    /// What to publish once the store has taken the session. May be empty.
    public let events: [SessionEvent]
}
