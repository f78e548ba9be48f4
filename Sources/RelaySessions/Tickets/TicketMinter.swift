public import RelayWire

/// Makes tickets. Pure: clock and random numbers come in with each call.
public struct TicketMinter: Sendable {
    /// How long tickets live unless their session ends before, in seconds. From 1 on.
    public struct Lifetimes: Hashable, Sendable {
        /// A host's claim, handed out when the session is created. Default: 3600.
        public var hostClaim: Int64
        /// An invitation that says nothing else. Default: 900.
        public var invitation: Int64
        /// A peer's ticket. Default: 900. Clients renew it every 600 s, which leaves them 300 s to try.
        public var peer: Int64

        public init(hostClaim: Int64 = 3600, invitation: Int64 = 900, peer: Int64 = 900) {
            self.hostClaim = hostClaim
            self.invitation = invitation
            self.peer = peer
        }
    }

    /// The session that tickets are for.
    public struct Scope: Hashable, Sendable {
        public let id: SessionID
        /// No ticket is good for longer.
        public let endsAt: Timestamp

        public init(id: SessionID, endsAt: Timestamp) {
            self.id = id
            self.endsAt = endsAt
        }
    }

    /// A ticket as handed out.
    public struct Minted: Sendable, CustomStringConvertible {
        /// The ticket itself. Secret.
        public let text: String
        public let claims: TicketClaims

        /// Without the ticket.
        public var description: String { "Minted(jti: \(self.claims.id))" }
    }

    /// The cluster's id.
    public let cluster: String
    public let keys: TicketKeys
    public let lifetimes: Lifetimes

    public init(cluster: String, keys: TicketKeys, lifetimes: Lifetimes = Lifetimes()) {
        self.cluster = cluster
        self.keys = keys
        self.lifetimes = lifetimes
    }

    /// What the creator of a session gets. The first to redeem it becomes host.
    ///
    /// - Parameters:
    ///   - isShared: whether later redeemers become guests: programs of old hand on the token that they created a session with. Else it is good
    ///     once, and for the host alone.
    ///   - generator: the system's, but in tests.
    public func hostClaim(
        to session: Scope,
        isShared: Bool,
        account: AccountID? = nil,
        at now: Timestamp,
        using generator: inout some RandomNumberGenerator
    ) throws(TicketMintingError) -> Minted {
        var claims = try self.claims(for: session, .host, at: now, self.lifetimes.hostClaim, .random(using: &generator))
        claims.account = account
        claims.uses = isShared ? nil : 1
        return try self.sign(claims)
    }

    /// What lets guests in.
    ///
    /// - Parameters:
    ///   - role: not host.
    ///   - capabilities: nil for the role's usual ones; else within its permitted ones.
    ///   - uses: how many may enter with it, from 1 to ``TicketClaims/maximumUses``.
    ///   - seconds: how long it is good; nil for ``Lifetimes/invitation``.
    ///   - id: the invite's, by which the session counts and revokes.
    public func invitation(
        to session: Scope,
        as role: SessionRole,
        only capabilities: SessionCapabilities? = nil,
        uses: Int = 1,
        seconds: Int64? = nil,
        id: TicketID,
        at now: Timestamp
    ) throws(TicketMintingError) -> Minted {
        guard role != .host else { throw .outOfRange }
        let seconds = seconds ?? self.lifetimes.invitation
        var claims = try self.claims(for: session, role, at: now, seconds, id)
        claims.capabilities = capabilities ?? role.usualCapabilities
        claims.uses = uses
        return try self.sign(claims)
    }

    /// A peer's ticket, and every renewal of it: the same `ticket` with more time.
    public func peerTicket(
        _ ticket: PeerTicket,
        to session: Scope,
        at now: Timestamp
    ) throws(TicketMintingError) -> Minted {
        var claims = try self.claims(for: session, ticket.role, at: now, self.lifetimes.peer, ticket.id)
        claims.account = ticket.account
        claims.capabilities = ticket.capabilities
        claims.peer = ticket.peer
        claims.confirmation = ticket.key
        claims.node = ticket.node
        return try self.sign(claims)
    }

    /// Those that all tickets have. The end is the session's where that comes first.
    private func claims(
        for session: Scope,
        _ role: SessionRole,
        at now: Timestamp,
        _ seconds: Int64,
        _ id: TicketID
    ) throws(TicketMintingError) -> TicketClaims {
        let start = now.microseconds / 1_000_000
        let sessionEnd = session.endsAt.microseconds / 1_000_000
        guard seconds >= 1 else { throw .outOfRange }
        guard start < sessionEnd else { throw .sessionEnded }
        return TicketClaims(
            issuer: self.cluster,
            audience: self.cluster,
            session: session.id,
            role: role,
            capabilities: role.usualCapabilities,
            id: id,
            issuedAt: start,
            notBefore: start,
            expiresAt: seconds < sessionEnd - start ? start + seconds : sessionEnd
        )
    }

    private func sign(_ claims: TicketClaims) throws(TicketMintingError) -> Minted {
        guard claims.areConsistent else { throw .outOfRange }
        let text = TicketText.sign(claims.payload, by: self.keys)
        guard text.utf8.count <= TicketText.maximumBytes else { throw .tooLarge }
        return Minted(text: text, claims: claims)
    }
}

/// Why a ticket can't be made.
public enum TicketMintingError: Error, Hashable, Sendable {
    /// A host's invitation, a capability that the role can't have, or a name, a number of uses or a time out of range.
    case outOfRange
    /// The session is over within this second.
    case sessionEnded
    /// Longer than the verifier would take: its names are too long together.
    case tooLarge
}
