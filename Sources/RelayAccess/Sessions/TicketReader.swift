public import RelayCore
public import RelayWire

/// Who a ticket lets in, and until when.
public struct TicketHolder: Hashable, Sendable {
    /// With the ticket.
    public let peer: PeerStanding
    /// The account that the ticket was given to; nil for nobody's.
    public let account: UserID?
    public let expiresAt: Timestamp

    public init(peer: PeerStanding, account: UserID?, expiresAt: Timestamp) {
        self.peer = peer
        self.account = account
        self.expiresAt = expiresAt
    }
}

/// Reads the tickets that are taken for bearer tokens besides access tokens.
public protocol TicketReader: Sendable {
    /// - Parameter token: as it came. Of any length.
    /// - Returns: nil for what is no good ticket now. Whether a good one is still worth anything the kind of its topics decides.
    /// - Throws: `unavailable` where that can't be found out.
    func holder(of token: String) async throws(AccessError) -> TicketHolder?
}
