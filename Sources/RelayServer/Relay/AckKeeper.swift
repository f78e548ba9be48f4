import Logging
import RelayCore

/// Has what named readers have acknowledged stored, a little later and many at once.
struct AckKeeper: Sendable {
    /// An ack of a WebSocket without an answer is stored after this time at most, while the store takes it.
    static let interval = Duration.milliseconds(500)

    let cursors: ReaderCursors
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        var hasFailed = false
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: Self.interval)
            } catch {
                return
            }
            hasFailed = await !self.flush(isNews: !hasFailed)
        }
    }

    /// - Parameter isNews: whether a failure is to be told: of a store that is away it is told once.
    /// - Returns: whether the store has taken everything.
    @discardableResult
    func flush(isNews: Bool = true) async -> Bool {
        do throws(StoreError) {
            try await self.cursors.flush()
            return true
        } catch {
            if isNews {
                self.logger.warning(
                    "acknowledgements of named readers are not stored yet",
                    metadata: ["error": "\(error)", "waiting": "\(self.cursors.statistics.waiting)"]
                )
            }
            return false
        }
    }
}
