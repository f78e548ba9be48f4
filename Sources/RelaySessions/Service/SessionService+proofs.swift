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

    func take(_ use: ProofUse, at now: Timestamp) async throws(SessionFailure) -> Bool {
        do throws(StoreError) {
            return try await self.proofs.take(use, at: now)
        } catch {
            throw .broker(.store(error))
        }
    }
}
