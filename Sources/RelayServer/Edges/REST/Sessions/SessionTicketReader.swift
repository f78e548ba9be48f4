import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// Takes peers' own tickets for bearer tokens. An invite, or a claim to be host, is to be redeemed first, and tokens of older programs name
/// no peer.
struct SessionTicketReader: TicketReader {
    let service: SessionService

    func holder(of token: String, at now: Timestamp) -> TicketHolder? {
        guard let ticket = try? self.service.verifier.verifyForItsSession(token, at: now),
            case .peer(let peer) = ticket.use
        else { return nil }
        let holding = TicketHolding(
            root: SessionTopicName(ticket.facts.session).topicName,
            id: ticket.facts.id.text
        )
        return TicketHolder(
            peer: PeerStanding(id: peer.text, ticket: holding),
            account: ticket.facts.account.map { UserID($0.text) },
            expiresAt: ticket.facts.expiresAt
        )
    }
}
