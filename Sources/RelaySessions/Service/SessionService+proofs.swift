public import RelayCore
import RelayWire

/// What becomes of a proof that came with a request.
public enum RequestProofFailure: Error, Hashable, Sendable {
    case refused(RequestProof.Refusal)
    /// It was used, here or at another relay; or may have been.
    case used
    /// Whether it was used can't be found out.
    case store(StoreError)
}

extension SessionService {
    /// Checks that who sends a request has the key that its ticket names, and takes the proof: no relay takes it again.
    ///
    /// - Parameters:
    ///   - text: the value of the `DPoP` header.
    ///   - key: the one that the ticket names.
    public func take(
        _ text: String,
        for request: RequestProof.Request,
        by key: KeyThumbprint
    ) async throws(RequestProofFailure) {
        let now = self.now
        let proof: RequestProof
        do throws(RequestProof.Refusal) {
            proof = try RequestProof(text, for: request, by: key, at: now)
        } catch {
            throw .refused(error)
        }
        let isFirst: Bool
        do throws(StoreError) {
            isFirst = try await self.proofs.take(proof.use, at: now)
        } catch {
            throw .store(error)
        }
        guard isFirst else { throw .used }
    }

    /// Checks that who shows a peer's ticket has the key that it names, and takes the proof: no relay takes it again.
    ///
    /// - Parameters:
    ///   - nonce: as ``challenge(_:)`` gave it.
    ///   - ticket: the text of one that ``verified(_:for:)`` takes.
    public func prove(_ ticket: String, by answer: KeyProof, to nonce: String) async throws(SessionFailure) {
        _ = try await self.take(answer, to: nonce, for: try await self.verified(ticket), at: self.now)
    }

    /// - Returns: the thumbprint of the key that was proven.
    func take(
        _ answer: KeyProof,
        to nonce: String,
        for ticket: VerifiedTicket,
        at now: Timestamp
    ) async throws(SessionFailure) -> KeyThumbprint {
        guard nonce.utf8.count == 43, let nonce = Sodium.bytes(base64: nonce.utf8) else { throw .malformed("nonce") }
        let key = try await self.keys.current().current
        guard let challenge = ProofNonces.challenge(nonce, for: ticket.facts.session, by: key, at: now) else {
            throw .proof(.challengeExpired)
        }
        do throws(KeyProof.Refusal) {
            try challenge.check(answer, for: ticket, in: self.settings.cluster, at: now)
        } catch {
            throw .proof(error)
        }
        let thumbprint = answer.key.thumbprint
        guard try await self.take(challenge.use(by: thumbprint), at: now) else { throw .proof(.challengeExpired) }
        return thumbprint
    }

    func take(_ use: ProofUse, at now: Timestamp) async throws(SessionFailure) -> Bool {
        do throws(StoreError) {
            return try await self.proofs.take(use, at: now)
        } catch {
            throw .broker(.store(error))
        }
    }
}
