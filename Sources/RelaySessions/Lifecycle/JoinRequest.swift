public import RelayWire

/// What a verified ticket says. The caller has checked the signature, the issuer and the times, and that the bearer has the key.
public struct TicketFacts: Hashable, Sendable {
    public var session: SessionID
    public var role: SessionRole
    /// What the ticket lists: the peer gets no more. Nil for a ticket without a list.
    public var capabilities: SessionCapabilities?
    /// Its `jti`. For a form of ticket without one: a digest of the ticket.
    public var id: TicketID
    /// How often it may be used; nil for any number. Of an invite the session counts by what the invite was made with.
    public var uses: Int?
    /// Its `sub`. It counts only for a ticket that is bound to a peer or a key: of any other it says nothing of who uses it.
    public var account: AccountID?
    /// Its `cnf`: only who proves to have that key may use it.
    public var key: KeyThumbprint?
    /// The one peer that it is for. Nil for an invite, and for a claim to be host that anybody may use.
    public var peer: PeerID?
    public var expiresAt: Timestamp
    /// Its `iat`, to the second; nil for a form of ticket without one.
    public var issuedAt: Timestamp?

    public init(
        session: SessionID,
        role: SessionRole,
        capabilities: SessionCapabilities? = nil,
        id: TicketID,
        uses: Int? = nil,
        account: AccountID? = nil,
        key: KeyThumbprint? = nil,
        peer: PeerID? = nil,
        expiresAt: Timestamp,
        issuedAt: Timestamp? = nil
    ) {
        self.session = session
        self.role = role
        self.capabilities = capabilities
        self.id = id
        self.uses = uses
        self.account = account
        self.key = key
        self.peer = peer
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
    }

    /// Whether the ticket is somebody's own.
    var isBound: Bool { self.peer != nil || self.key != nil }
}

/// A peer that wants to come in, or back.
public struct JoinRequest: Hashable, Sendable {
    public var ticket: TicketFacts
    public var peer: PeerID
    /// The account of who asks, by a token of its own.
    public var account: AccountID?
    /// Of the key that who asks has proved to have.
    public var key: KeyThumbprint?
    /// Of the resume token that who asks has shown.
    public var resume: ResumeDigest?
    /// What the client calls this join, so that it may repeat it. Secret: whoever has it and the ticket is taken for the same client.
    public var once: JoinKey?
    /// Of the public address where who asks was seen; nil where it was seen at none.
    public var origin: UInt64?
    /// At most ``SessionLimits/profileBytes``. Counts for who is new.
    public var profile: [UInt8]
    /// Random, from the relay that has the connection.
    public var connection: ConnectionID
    /// The `jti` of the ticket that the peer gets for its own, if it is new. Random.
    public var ownTicket: TicketID
    /// Of the resume token that the peer gets. Random, each time another.
    public var nextResume: ResumeDigest

    public init(
        ticket: TicketFacts,
        peer: PeerID,
        account: AccountID? = nil,
        key: KeyThumbprint? = nil,
        resume: ResumeDigest? = nil,
        once: JoinKey? = nil,
        origin: UInt64? = nil,
        profile: [UInt8] = [],
        connection: ConnectionID,
        ownTicket: TicketID,
        nextResume: ResumeDigest
    ) {
        self.ticket = ticket
        self.peer = peer
        self.account = account
        self.key = key
        self.resume = resume
        self.once = once
        self.origin = origin
        self.profile = profile
        self.connection = connection
        self.ownTicket = ownTicket
        self.nextResume = nextResume
    }

    /// The account of who asks, as far as it is proved.
    var provenAccount: AccountID? {
        self.account ?? (self.ticket.isBound ? self.ticket.account : nil)
    }
}
