import Logging
import RelayCore
import RelaySessions

/// Tells the other relays of a store what this one knows of its peers' ways: every few seconds, of those sessions of which there is news.
struct PathTeller: Sendable {
    let ledger: PathLedger
    let service: SessionService
    let logger: Logger

    private static let interval = Duration.seconds(2)
    /// Sessions that are told of side by side.
    private static let atOnce = 16

    /// Returns when its task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { await self.tell() }
    }

    private func tell() async {
        await withTaskGroup(of: Void.self) { tasks in
            var underWay = 0
            for session in self.ledger.sessionsToTellOf() {
                guard !Task.isCancelled else { return }
                if underWay == Self.atOnce {
                    await tasks.next()
                    underWay -= 1
                }
                tasks.addTask { await self.tell(of: session) }
                underWay += 1
            }
        }
    }

    private func tell(of session: SessionID) async {
        do throws(SessionFailure) {
            try await self.service.tell(self.ledger.news(of: session), of: session)
        } catch {
            switch error {
            // It is over, and so are its topics.
            case .refused(.sessionUnknown), .broker(.missing): self.ledger.forget(session)
            default:
                self.ledger.notTold(of: session)
                self.logger.debug(
                    "the other relays were not told of paths",
                    metadata: ["session_id": "\(session)", "error": "\(error.code.rawValue)"]
                )
            }
        }
    }
}
