import RelayCore

extension SessionService {
    /// Who is in a session now, whoever asks: nobody where it is over.
    ///
    /// - Returns: nil where that can't be known now.
    public func peers(of id: SessionID) async -> Set<PeerID>? {
        do throws(SessionFailure) {
            let session = try await self.session(id, as: .relay)
            return session.state.isEnded ? [] : Set(session.peers.map(\.id))
        } catch {
            switch error {
            case .refused(.sessionUnknown), .broker(.missing): return []
            default: return nil
            }
        }
    }
}
