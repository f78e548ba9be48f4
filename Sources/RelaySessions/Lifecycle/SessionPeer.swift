public import RelayWire

/// A peer in a session's roster.
public struct SessionPeer: Hashable, Sendable {
    /// Where the peer is.
    public enum Presence: Hashable, Sendable {
        /// It has a connection. Whether that is still alive is not the session's to know: see ``Session/connectionLost(_:of:at:)``.
        case connected(ConnectionID)
        /// It lost the connection, and leaves the roster at `until` unless it comes back.
        case away(last: ConnectionID, until: Timestamp)
    }

    public let id: PeerID
    /// Nil for a ticket's holder without an account.
    public let account: AccountID?
    public internal(set) var role: SessionRole
    public internal(set) var capabilities: SessionCapabilities
    /// Of the identity key that the peer proved to have; nil where it has shown none.
    public let key: KeyThumbprint?
    /// The peer's own ticket. It stays the same when the ticket is renewed.
    public let ticket: TicketID
    /// The ticket that brought the peer in: an invite's, or a claim to be host.
    public let redeemed: TicketID
    /// Whether that was a claim to be host.
    public let cameByClaim: Bool
    /// What the peer shows to have its place back.
    public internal(set) var resume: ResumeDigest
    /// What the peer says of itself. The session does not look into it.
    public let profile: [UInt8]
    /// By the wall clock. A clock that is set back takes it along, so it is never in the future.
    public internal(set) var joinedAt: Timestamp
    public internal(set) var presence: Presence

    public var isConnected: Bool {
        switch self.presence {
        case .connected: true
        case .away: false
        }
    }

    /// The connection that the peer has, or had last.
    public var connection: ConnectionID {
        switch self.presence {
        case .connected(let connection), .away(let connection, _): connection
        }
    }

    /// When the time to come back ends; nil for a peer that is there.
    public var awayUntil: Timestamp? {
        switch self.presence {
        case .connected: nil
        case .away(_, let until): until
        }
    }
}

extension Session {
    /// When a peer was there for certain: now, or when it lost its connection.
    public func lastSeen(_ peer: SessionPeer, at now: Timestamp) -> Timestamp {
        guard let until = peer.awayUntil else { return now }
        let seconds = peer.id == self.host ? self.rules.times.hostGraceSeconds : self.rules.times.reconnectSeconds
        return until.adding(seconds: -seconds)
    }
}

/// What is remembered of a peer that left, so that its own ticket brings it back as what it was.
public struct DepartedPeer: Hashable, Sendable {
    public let id: PeerID
    public let account: AccountID?
    public let role: SessionRole
    public let capabilities: SessionCapabilities
    public let key: KeyThumbprint?
    public let ticket: TicketID
    public let redeemed: TicketID
    public let cameByClaim: Bool

    init(_ peer: SessionPeer) {
        self.init(
            id: peer.id,
            account: peer.account,
            role: peer.role,
            capabilities: peer.capabilities,
            key: peer.key,
            ticket: peer.ticket,
            redeemed: peer.redeemed,
            cameByClaim: peer.cameByClaim
        )
    }

    init(
        id: PeerID,
        account: AccountID?,
        role: SessionRole,
        capabilities: SessionCapabilities,
        key: KeyThumbprint?,
        ticket: TicketID,
        redeemed: TicketID,
        cameByClaim: Bool
    ) {
        self.id = id
        self.account = account
        self.role = role
        self.capabilities = capabilities
        self.key = key
        self.ticket = ticket
        self.redeemed = redeemed
        self.cameByClaim = cameByClaim
    }
}

/// Who was host last, and so may be host again while nobody is.
public struct HostIdentity: Hashable, Sendable {
    public let peer: PeerID
    public let account: AccountID?
    public let key: KeyThumbprint?
    public let ticket: TicketID

    init(_ peer: SessionPeer) {
        self.init(peer: peer.id, account: peer.account, key: peer.key, ticket: peer.ticket)
    }

    init(peer: PeerID, account: AccountID?, key: KeyThumbprint?, ticket: TicketID) {
        self.peer = peer
        self.account = account
        self.key = key
        self.ticket = ticket
    }

    /// Any one of the three is proof.
    func matches(account: AccountID?, key: KeyThumbprint?, ticket: TicketID) -> Bool {
        if let account, account == self.account { return true }
        if let key, key == self.key { return true }
        return ticket == self.ticket
    }
}
