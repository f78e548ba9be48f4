import DequeModule
import NIOCore
import RelayCore
import RelayMetrics
import Synchronization

/// The last hour of some figures of this relay, for whoever looks only now: a sample each 15 s, of which no more are kept than an hour has.
final class MetricHistory: Sendable {
    static let interval = Duration.seconds(15)
    static let capacity = 240

    /// What the figures were at one moment.
    struct Sample: Sendable {
        /// Time that passes, since a wall clock that is set back would put moments in a wrong order.
        let at: NIODeadline
        /// In the order of ``HistoryFigure/all``; nil where it could not be measured.
        let values: [Double?]
        /// Of ``HistoryFigure/latency``: see ``MetricTotal/counts``. Empty before the first publish.
        let latencies: [UInt64]
    }

    private struct State {
        var registry: PrometheusRegistry?
        var collectors: [any MetricCollector] = []
        var samples = Deque<Sample>()
    }

    let clock: RelayClock
    private let state = Mutex(State())

    init(clock: RelayClock) {
        self.clock = clock
    }

    /// Says where figures come from. Before, there are no samples.
    ///
    /// - Parameter collectors: those that measure some of the figures. Asking them must change nothing that they tell others.
    func watch(_ registry: PrometheusRegistry, _ collectors: [any MetricCollector]) {
        self.state.withLock { state in
            state.registry = registry
            state.collectors = collectors
        }
    }

    /// The oldest first.
    var all: [Sample] { Array(self.state.withLock { $0.samples }) }

    /// Upper bounds of the buckets in ``Sample/latencies``, in seconds, without the last, which has none.
    var latencyBounds: [Double] {
        self.state.withLock { $0.registry }?.total(of: HistoryFigure.latency).bounds ?? []
    }

    /// Takes a sample every so often, the first at once. Returns when its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            self.sample()
            do {
                try await Task.sleep(for: Self.interval)
            } catch {
                return
            }
        }
    }

    func sample() {
        let (registry, collectors) = self.state.withLock { ($0.registry, $0.collectors) }
        guard let registry else { return }
        // What collectors say, by name; of several series the sum.
        let measured: [String: Double] = collectors.flatMap { $0.collect() }
            .reduce(into: [:]) { $0[$1.name, default: 0] += $1.value }
        let sample = Sample(
            at: self.clock.uptime(),
            values: HistoryFigure.all.map { $0.value(registry, measured) },
            latencies: registry.total(of: HistoryFigure.latency).counts
        )
        self.state.withLock { state in
            if state.samples.count >= Self.capacity { state.samples.removeFirst() }
            state.samples.append(sample)
        }
    }
}

extension HistoryFigure {
    /// - Returns: nil where nobody measures it.
    fileprivate func value(_ registry: PrometheusRegistry, _ measured: [String: Double]) -> Double? {
        switch self.source {
        case .series(let name, let label): registry.total(of: name, where: label).value
        case .observations(let name): Double(registry.total(of: name).count)
        case .measured(let name): measured[name]
        }
    }
}
