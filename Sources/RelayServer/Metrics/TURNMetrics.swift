import CoreMetrics
import RelayMetrics

/// What TURN counts. Its series are made once, so that counting a datagram is an atomic addition or two.
final class TURNMetrics: Sendable {
    private let allocations: Counter
    private let active: Meter
    private let dropped: [TURNDropped: Counter]
    private let fromClients: Counter
    private let toClients: Counter
    private let total: RelayedBytes

    /// - Parameter total: of all that the relay carries.
    init(factory: any MetricsFactory, total: RelayedBytes) {
        self.total = total
        self.allocations = Counter(label: RelayMetric.turnAllocations, factory: factory)
        self.active = Meter(label: RelayMetric.turnAllocationsActive, factory: factory)
        self.dropped = TURNDropped.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: RelayMetric.turnDropped,
                dimensions: [("reason", reason.rawValue)],
                factory: factory
            )
        }
        self.fromClients = Self.bytes("inbound", factory)
        self.toClients = Self.bytes("outbound", factory)
        self.active.set(0)
    }

    private static func bytes(_ direction: String, _ factory: any MetricsFactory) -> Counter {
        Counter(
            label: RelayMetric.pathBytes,
            dimensions: [("mode", "turn"), ("direction", direction)],
            factory: factory
        )
    }

    func allocated(active: Int) {
        self.allocations.increment()
        self.active.set(active)
    }

    func ended(active: Int) { self.active.set(active) }

    /// Data of a client that went on to a peer.
    func sent(_ bytes: Int) {
        self.total.received(bytes)
        self.fromClients.increment(by: bytes)
    }

    /// Data of a peer that went on to a client.
    func received(_ bytes: Int) {
        self.total.sent(bytes)
        self.toClients.increment(by: bytes)
    }

    func drop(_ reason: TURNDropped, count: Int = 1) { self.dropped[reason]?.increment(by: count) }
}
