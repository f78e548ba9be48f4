/// A session that was made.
public struct SessionCreated: Sendable, Hashable {
    /// 32 hex digits.
    public let sessionID: String
    /// Makes its first user host, and later ones what the session gives guests.
    public let joinToken: String
    /// Makes its user host, once.
    public let hostToken: String
    /// The peer id that the host will have.
    public let hostID: String
    /// Seconds since 1970.
    public let expiresAt: Int
    /// The whole answer.
    public let json: JSONDocument

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.sessionID = try json.string("session_id")
        self.joinToken = try json.string("join_token")
        self.hostToken = try json.string("host_token")
        self.hostID = try json.string("host_id")
        self.expiresAt = try json.integer("expires_at")
        self.json = json
    }
}

/// A place in a session: what the relay answers to who joins.
public struct SessionPlace: Sendable, Hashable {
    /// Which session.
    public let sessionID: String
    /// Who the caller is there.
    public let peerID: String
    /// `host`, `editor` or `observer`.
    public let role: String
    /// The host's peer id; nil where there is none now.
    public let hostPeerID: String?
    /// A bearer token for what is the session's. A secret.
    public let ticket: String
    /// Seconds since 1970.
    public let ticketExpiresAt: Int
    /// Takes the place back, once. A secret.
    public let resume: String
    /// The whole answer.
    public let json: JSONDocument

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.sessionID = try json.string("session_id")
        self.peerID = try json.string("peer_id")
        self.role = try json.string("role")
        self.hostPeerID = try json.optionalString("host_peer_id")
        self.ticket = try json.string("ticket")
        self.ticketExpiresAt = try json.integer("ticket_expires_at")
        self.resume = try json.string("resume")
        self.json = json
    }
}

/// An invite to a session.
public struct SessionInvite: Sendable, Hashable {
    /// Names the invite: it can be revoked by it.
    public let jti: String
    /// What the guest joins by. A secret.
    public let token: String
    /// What the guest will be: `editor` or `observer`.
    public let role: String
    /// How many may join by it.
    public let uses: Int
    /// Seconds since 1970.
    public let expiresAt: Int
    /// The whole answer.
    public let json: JSONDocument

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.jti = try json.string("jti")
        self.token = try json.string("token")
        self.role = try json.string("role")
        self.uses = try json.integer("uses")
        self.expiresAt = try json.integer("expires_at")
        self.json = json
    }
}

/// What a heartbeat brings: the ticket with more time.
public struct SessionHeartbeat: Sendable, Hashable {
    /// As the session's own.
    public let state: String
    /// The session's end, in seconds since 1970.
    public let expiresAt: Int
    /// A secret.
    public let ticket: String
    /// Seconds since 1970.
    public let ticketExpiresAt: Int

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.state = try json.string("state")
        self.expiresAt = try json.integer("expires_at")
        self.ticket = try json.string("ticket")
        self.ticketExpiresAt = try json.integer("ticket_expires_at")
    }
}

/// A tunnel between two peers of a session, as the relay knows it.
public struct TunnelDetails: Sendable, Hashable {
    /// Which of the session's tunnels.
    public let tunnelID: String
    /// Who has asked for it.
    public let fromPeerID: String
    /// Who was asked.
    public let toPeerID: String
    /// Whether its ends may be opened.
    public let isAccepted: Bool

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.tunnelID = try json.string("tunnel_id")
        self.fromPeerID = try json.string("from_peer_id")
        self.toPeerID = try json.string("to_peer_id")
        self.isAccepted = try json.string("state") == "accepted"
    }
}
