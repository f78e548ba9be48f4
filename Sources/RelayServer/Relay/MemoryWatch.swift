import Logging
import RelayCore

/// Makes room when memory runs short, in the order that ``SheddingOrder`` states: the hot tier gives back, then connections are closed
/// that don't take their answers. What is refused meanwhile is refused where it is asked for.
struct MemoryWatch: Sendable {
    /// Between two rounds, since pressure is told with each charge.
    private static let pause = Duration.milliseconds(50)

    let ledger: MemoryLedger
    let broker: Broker
    let loops: DeliveryLoops
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        for await _ in self.ledger.pressure {
            self.broker.reclaimMemoryIfNeeded()
            await self.closeHolders()
            do {
                try await Task.sleep(for: Self.pause)
            } catch {
                return
            }
        }
    }

    private func closeHolders() async {
        let excess = self.ledger.excess
        guard excess > 0 else { return }
        do {
            let closed = try await self.loops.closeHolders(freeing: excess)
            guard closed > 0 else { return }
            self.ledger.noteClosed(closed)
            self.logger.warning(
                "memory ran short: connections were closed that did not take their answers",
                metadata: ["connections": "\(closed)", "bytes": "\(self.ledger.total)"]
            )
        } catch {
            self.logger.debug("connections could not be looked through", metadata: ["error": "\(error)"])
        }
    }
}
