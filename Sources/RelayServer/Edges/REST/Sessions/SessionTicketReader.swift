import RelayAccess
import RelayCore
import RelaySessions

/// Takes peers' own tickets for bearer tokens. An invite, or a claim to be host, is to be redeemed first, and tokens of older programs name
/// no peer.
struct SessionTicketReader: TicketReader {
    let service: SessionService

    func holder(of token: String) async throws(AccessError) -> TicketHolder? {
        // An access token is no ticket. So no key is asked for where nobody uses any.
        guard TicketVerifier.isTicket(token) else { return nil }
        let ticket: VerifiedTicket
        do throws(SessionFailure) {
            ticket = try await self.service.verified(token)
        } catch {
            if case .broker = error { throw AccessError(.unavailable, cause: error.text) }
            return nil
        }
        guard case .peer(let peer) = ticket.use else { return nil }
        let holding = TicketHolding(
            root: SessionTopicName(ticket.facts.session).topicName,
            id: ticket.facts.id.text
        )
        return TicketHolder(
            peer: PeerStanding(id: peer.text, ticket: holding),
            account: ticket.facts.account.map { UserID($0.text) },
            expiresAt: ticket.facts.expiresAt,
            key: ticket.facts.key?.text
        )
    }

    func take(_ proof: String, for request: ProvenRequest, by key: String) async throws(AccessError) {
        guard let token = request.token, let key = KeyThumbprint(text: key) else { throw AccessError(.proofInvalid) }
        let demand = RequestProof.Request(method: request.method, path: request.path, token: token)
        do throws(RequestProofFailure) {
            try await self.service.take(proof, for: demand, by: key)
        } catch {
            switch error {
            case .refused(let refusal): throw AccessError(.proofInvalid, cause: "\(refusal)")
            case .used: throw AccessError(.proofInvalid, cause: "used before")
            case .store(let error): throw AccessError(error)
            }
        }
    }
}
