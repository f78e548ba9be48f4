public import RelayWire

/// A session from its creation to its end, as one value.
///
/// The value decides, and does nothing. An operation takes the moment and everything random from outside. It gives back either a refusal, with
/// nothing changed, or a ``SessionTransition``: the session of the next revision, and what to tell its members. Whoever keeps the
/// session stores the new value only over the revision before it, and then publishes the events. Of two relays that decide at the same time one
/// stores; the other decides anew. So every event is told once.
///
/// Before anything else an operation carries out what has become due, in the order in which it became due. So it makes no difference how
/// often ``tick(at:)`` is called, except for how early members are told.
///
/// A wall clock may be set back at any time. Then each deadline is drawn in to where it would be if it had just been set.
///
/// Whether a connection is alive is kept apart, as a lease that whoever has the connection renews. So renewing one changes no session. Whoever sees
/// one end tells the session by ``connectionLost(_:of:at:)``.
///
///     created --a host joins--> active <--the host is back, or another one-- hostAway
///        |                        |  --the host's connection is lost-->         |
///        |  no host in time       |  close, or the host left                    |  not back in time, by policy
///        +-----------------> closing --5 s, or nobody is left--> closed <-------+
///     created, active, hostAway, closing --expiresAt--> expired
public struct Session: Hashable, Sendable {
    /// Where a session is in its life.
    public enum State: Hashable, Sendable {
        /// No host has come yet. At `claimBy` the session is closed.
        case created(claimBy: Timestamp)
        case active
        /// The host is lost, or gone from a session that waits for it. A lost host's peer says until when it may come back.
        case hostAway
        /// Members were told. Nobody joins any more.
        case closing(at: Timestamp, CloseReason)
        case closed(at: Timestamp, CloseReason)
        case expired(at: Timestamp)

        /// Whether the session is over for good.
        public var isEnded: Bool {
            switch self {
            case .closed, .expired: true
            case .created, .active, .hostAway, .closing: false
            }
        }
    }

    /// What happens when the host is gone. The raw value is the stored form.
    public enum HostPolicy: UInt8, Hashable, Sendable, CaseIterable {
        /// The session closes.
        case close = 0
        /// The session goes on without a host until it expires. Whoever was host, or made the session, may be host again.
        case wait = 1
        /// The editor that has been there the longest becomes host; of two, the one with the lower peer id. Without one the session closes.
        case migrate = 2

        /// As on the wire.
        public var name: String {
            switch self {
            case .close: "close"
            case .wait: "wait"
            case .migrate: "migrate"
            }
        }

        /// - Returns: nil for a name that is none of the three.
        public init?(name: String) {
            guard let policy = Self.allCases.first(where: { $0.name == name }) else { return nil }
            self = policy
        }
    }

    public let id: SessionID
    public let rules: SessionRules
    /// 1 for a new session, and one more with each transition that changes something.
    public internal(set) var revision: UInt64
    public internal(set) var state: State
    public let hostPolicy: HostPolicy
    /// The account that made the session; nil for an anonymous one.
    public let owner: AccountID?
    /// The peer id that the creation named as the host's. It is kept free for the first host.
    public let declaredHost: PeerID
    /// What they become who come with a claim to be host when that is settled.
    public let defaultRole: SessionRole
    /// JSON, as it came. The session does not look into it.
    public let metadata: [UInt8]
    public internal(set) var createdAt: Timestamp
    /// The end, unless the host's heartbeat moves it.
    public internal(set) var expiresAt: Timestamp
    /// No heartbeat moves ``expiresAt`` beyond this.
    public internal(set) var endsBy: Timestamp
    /// In the roster, with the role host. Nil where nobody is.
    public internal(set) var host: PeerID?
    /// Who was host last; nil before the first.
    public internal(set) var hostIdentity: HostIdentity?
    /// Sorted by ``SessionPeer/joinedAt``; of the same moment in the order in which they came.
    public internal(set) var peers: [SessionPeer]
    /// Who left, in that order.
    public internal(set) var departed: [DepartedPeer]
    public internal(set) var invites: [SessionInvite]
    /// In the order in which they came.
    public internal(set) var joins: [RepeatableJoin]
    /// Of those of the roster that were seen at a public address.
    public internal(set) var origins: [PeerOrigin]
    public internal(set) var barredKeys: [KeyThumbprint]
    /// Whether claims to be host bring in nobody but a host: one that they brought in was kicked.
    public internal(set) var barsClaims: Bool
    public internal(set) var locks: [SessionLock]
    /// The fencing number that was given out last.
    public internal(set) var lastFence: UInt64
    public internal(set) var tunnels: [SessionTunnel]
    /// Tunnels of proxy frames that were asked for, or are open, at relays that others can reach.
    public internal(set) var proxies: [SessionProxy]
    /// What its members edit together, in the order in which it was begun. It goes with the session, and not before.
    public internal(set) var sharedDocuments: [SharedDocumentID]
    /// Of those of the roster that have come to a QUIC relay that others can reach.
    public internal(set) var places: [PeerPlace]

    public func peer(_ id: PeerID) -> SessionPeer? {
        self.peers.first { $0.id == id }
    }

    /// The host first, then by the time of joining: reference clients take the first for the host.
    public var roster: [SessionPeer] {
        guard let host = self.host, let place = self.peers.firstIndex(where: { $0.id == host }) else {
            return self.peers
        }
        return [self.peers[place]] + self.peers[..<place] + self.peers[(place + 1)...]
    }

    /// Whether both were seen to join from one public address, and so may be in one network.
    public func areNeighbours(_ first: PeerID, _ second: PeerID) -> Bool {
        let marks = [first, second].map { peer in self.origins.first { $0.peer == peer }?.mark }
        return marks[0] != nil && marks[0] == marks[1]
    }

    public func lock(on element: ElementID) -> SessionLock? {
        self.locks.first { $0.element == element }
    }

    public func tunnel(_ id: TunnelID) -> SessionTunnel? {
        self.tunnels.first { $0.id == id }
    }

    /// What `actor` may do, without regard to the session's state.
    ///
    /// - Throws: ``SessionRefusal/peerUnknown``, ``SessionRefusal/peerAway`` or ``SessionRefusal/notMember``.
    public func capabilities(of actor: SessionActor) throws(SessionRefusal) -> SessionCapabilities {
        switch actor {
        case .relay:
            return .all
        case .peer(let id):
            guard let peer = self.peer(id) else { throw .peerUnknown }
            guard peer.isConnected else { throw .peerAway }
            return peer.capabilities
        case .account(let account):
            if account == self.owner { return .all }
            let own = self.peers.filter { $0.account == account }
            guard !own.isEmpty else { throw .notMember }
            return own.reduce(into: []) { $0.formUnion($1.capabilities) }
        }
    }
}

/// What happens when a session's host is gone.
public typealias SessionHostPolicy = Session.HostPolicy
