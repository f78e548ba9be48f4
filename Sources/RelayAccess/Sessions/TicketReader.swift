public import RelayCore
public import RelayWire

/// Who a ticket lets in, and until when.
public struct TicketHolder: Hashable, Sendable {
    /// With the ticket.
    public let peer: PeerStanding
    /// The account that the ticket was given to; nil for nobody's.
    public let account: UserID?
    /// When the ticket ends.
    public let expiresAt: Timestamp
    /// The thumbprint of the key that who shows the ticket has to prove with each request; nil for a ticket that is enough by itself.
    public let key: String?

    public init(peer: PeerStanding, account: UserID?, expiresAt: Timestamp, key: String? = nil) {
        self.peer = peer
        self.account = account
        self.expiresAt = expiresAt
        self.key = key
    }
}

/// Reads the tickets that are taken for bearer tokens besides access tokens.
public protocol TicketReader: Sendable {
    /// - Parameter token: as it came. Of any length.
    /// - Returns: nil for what is no good ticket now. Whether a good one is still worth anything the kind of its topics decides.
    /// - Throws: `unavailable` where that can't be found out.
    func holder(of token: String) async throws(AccessError) -> TicketHolder?

    /// Takes the proof that came with a request whose ticket names a key.
    ///
    /// - Throws: `proofInvalid` where it is none, or was used; `unavailable` where that can't be found out.
    func take(_ proof: String, for request: ProvenRequest, by key: String) async throws(AccessError)
}

/// What a proof of a ticket's key has to be for.
public struct ProvenRequest: Hashable, Sendable {
    /// As sent: `GET`.
    public let method: String
    /// As sent, without the query.
    public let path: String
    /// The values of the header that proofs come in. There has to be one.
    public let proofs: [String]
    /// The ticket that the request shows.
    public let token: String?

    public init(method: String, path: String, proofs: [String], token: String?) {
        self.method = method
        self.path = path
        self.proofs = proofs
        self.token = token
    }
}
