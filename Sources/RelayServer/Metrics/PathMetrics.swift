import CoreMetrics
import RelayMetrics
import Synchronization

/// What the relay carries between peers, counted where the bytes pass. Series are made once, so that counting is an atomic addition.
final class PathMetrics: Sendable {
    /// How bytes pass: the label `mode`.
    enum Mode: String, CaseIterable {
        /// A tunnel of nothing but bytes.
        case tunnel
    }

    private struct Direction: Sendable {
        let all: Counter
        let modes: [Mode: Counter]

        init(_ name: String, _ factory: any MetricsFactory) {
            self.all = Counter(label: RelayMetric.relayedBytes, dimensions: [("direction", name)], factory: factory)
            self.modes = Mode.allCases.reduce(into: [:]) { counters, mode in
                counters[mode] = Counter(
                    label: RelayMetric.pathBytes,
                    dimensions: [("mode", mode.rawValue), ("direction", name)],
                    factory: factory
                )
            }
        }

        func add(_ count: Int, _ mode: Mode) {
            self.all.increment(by: count)
            self.modes[mode]?.increment(by: count)
        }
    }

    private let inbound: Direction
    private let outbound: Direction
    private let active: Meter
    private let activeCount = Atomic<Int>(0)

    init(factory: any MetricsFactory) {
        self.inbound = Direction("inbound", factory)
        self.outbound = Direction("outbound", factory)
        self.active = Meter(label: RelayMetric.relayedConnections, factory: factory)
    }

    /// Bytes have come from a peer.
    func received(_ count: Int, over mode: Mode) { self.inbound.add(count, mode) }

    /// Bytes were handed to a peer's socket.
    func sent(_ count: Int, over mode: Mode) { self.outbound.add(count, mode) }

    /// Two peers have a tunnel.
    func connected() { self.active.set(self.activeCount.add(1, ordering: .relaxed).newValue) }

    /// They have none any more.
    func disconnected() { self.active.set(self.activeCount.subtract(1, ordering: .relaxed).newValue) }
}
