public import RelayWire

/// Tells what a ticket is. Pure: it reads no clock, and knows no session.
public struct TicketVerifier: Sendable {
    /// How far ahead the clock of whoever signed may be. In seconds. It counts for a ticket that begins later than it was made. Others are good
    /// also where this clock was set back since.
    public static let toleranceSeconds: Int64 = 5

    /// The cluster's id: what tickets have to name as issuer and audience.
    public let cluster: String
    public let keys: TicketKeys
    /// Whether tokens of older programs are taken too: see ``LegacyToken``. They say nothing of clusters, peers or uses.
    public let acceptsLegacy: Bool

    public init(cluster: String, keys: TicketKeys, acceptsLegacy: Bool = false) {
        self.cluster = cluster
        self.keys = keys
        self.acceptsLegacy = acceptsLegacy
    }

    /// - Parameters:
    ///   - text: as it came, of any length and with anything in it.
    ///   - session: where its bearer wants to go.
    public func verify(
        _ text: String,
        for session: SessionID,
        at now: Timestamp
    ) throws(TicketRefusal) -> VerifiedTicket {
        let ticket = try self.verifyForItsSession(text, at: now)
        guard ticket.facts.session == session else { throw .wrongSession }
        return ticket
    }

    /// As ``verify(_:for:at:)``, for a bearer who has not said yet where to go. The ticket is good for its own session and for nothing else,
    /// which is the caller's to see to.
    public func verifyForItsSession(_ text: String, at now: Timestamp) throws(TicketRefusal) -> VerifiedTicket {
        guard text.utf8.count <= TicketText.maximumBytes else { throw .tooLarge }
        let bytes = Array(text.utf8)
        guard let form = LegacyToken.Form(of: bytes) else { return try self.ticket(in: bytes, at: now) }
        guard self.acceptsLegacy else { throw .malformed }
        return try LegacyToken.open(bytes, form, with: self.keys).verified(at: now)
    }

    /// Whether it has the header of a ticket, by whatever key. Tells tickets from access tokens without any key.
    public static func isTicket(_ text: String) -> Bool {
        guard text.utf8.count <= TicketText.maximumBytes else { return false }
        return TicketText.hasHeader(Array(text.utf8))
    }

    private func ticket(in text: [UInt8], at now: Timestamp) throws(TicketRefusal) -> VerifiedTicket {
        let claims = try TicketClaims(payload: try TicketText.open(text, with: self.keys))
        guard claims.issuer == self.cluster, claims.audience == self.cluster else { throw .wrongAudience }
        let epoch = Timestamp(microseconds: 0)
        let isLater = epoch.adding(seconds: claims.notBefore) > now.adding(seconds: Self.toleranceSeconds)
        guard claims.notBefore <= claims.issuedAt || !isLater else { throw .notYetValid }
        let end = epoch.adding(seconds: claims.expiresAt)
        guard now < end else { throw .expired }
        let facts = TicketFacts(
            session: claims.session,
            role: claims.role,
            capabilities: claims.capabilities,
            id: claims.id,
            uses: claims.uses,
            account: claims.account,
            key: claims.confirmation,
            peer: claims.peer,
            expiresAt: end,
            issuedAt: epoch.adding(seconds: claims.issuedAt)
        )
        return VerifiedTicket(facts: facts, node: claims.node)
    }
}
