/// What a ticket turned out to be. It says who signed it and until when, not that its session lives, nor that nobody revoked it or used it up:
/// those are the session's to know, by the id in ``facts``.
public struct VerifiedTicket: Hashable, Sendable {
    /// What a ticket is good for. No ticket is good for two of these.
    public enum Use: Hashable, Sendable {
        /// The first to redeem it becomes host.
        case hostClaim
        /// Lets guests in.
        case invitation
        /// Acts for this peer: it was made when one of the others was redeemed.
        case peer(PeerID)
    }

    /// What a session decides by.
    public let facts: TicketFacts
    /// The relay that owns the peer's tunnels.
    public let node: String?

    public var use: Use {
        if let peer = self.facts.peer { return .peer(peer) }
        return self.facts.role == .host ? .hostClaim : .invitation
    }
}

/// A peer, as its own ticket names it.
public struct PeerTicket: Hashable, Sendable {
    /// New where the peer has just redeemed another ticket. A renewal keeps it, so that what revokes the ticket revokes it however often it
    /// was renewed.
    public var id: TicketID
    public var peer: PeerID
    public var account: AccountID?
    public var role: SessionRole
    /// Within ``SessionRole/permittedCapabilities``.
    public var capabilities: SessionCapabilities
    /// The peer's identity key, after ``ProofChallenge`` has shown that the peer has its other half. Nil for clients that have none: such a
    /// ticket is a bearer token, and no more.
    public var key: KeyThumbprint?
    /// The relay that owns the peer's tunnels: of 1 to ``TicketClaims/maximumNameBytes`` bytes.
    public var node: String?

    public init(
        id: TicketID,
        peer: PeerID,
        account: AccountID? = nil,
        role: SessionRole,
        capabilities: SessionCapabilities? = nil,
        key: KeyThumbprint? = nil,
        node: String? = nil
    ) {
        self.id = id
        self.peer = peer
        self.account = account
        self.role = role
        self.capabilities = capabilities ?? role.usualCapabilities
        self.key = key
        self.node = node
    }
}
