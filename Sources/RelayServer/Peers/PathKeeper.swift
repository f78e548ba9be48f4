import RelaySessions

/// Forgets the ways of peers that have left, and of sessions that are over, also where another relay has decided so.
struct PathKeeper: Sendable {
    let ledger: PathLedger
    let service: SessionService

    private static let interval = Duration.seconds(60)

    /// Returns when its task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            for session in self.ledger.known {
                guard !Task.isCancelled else { return }
                guard let peers = await self.service.peers(of: session) else { continue }
                self.ledger.keep(peers, in: session)
            }
        }
    }
}
