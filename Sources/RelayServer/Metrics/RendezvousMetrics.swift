import CoreMetrics
import NIOCore
import RelayMetrics
import Synchronization

/// How long requests about sessions take, by operation.
final class RendezvousMetrics: Sendable {
    private let factory: any MetricsFactory
    /// As many as there are operations.
    private let timers = Mutex<[String: Timer]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    /// - Parameter operation: a word of the program's own, never a client's.
    func took(_ time: TimeAmount, _ operation: String) {
        let timer = self.timers.withLock { timers in
            if let known = timers[operation] { return known }
            let labels = [("operation", operation)]
            let timer = Timer(label: RelayMetric.rendezvousLatency, dimensions: labels, factory: self.factory)
            timers[operation] = timer
            return timer
        }
        timer.recordNanoseconds(time.nanoseconds)
    }
}
