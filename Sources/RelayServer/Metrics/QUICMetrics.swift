import CoreMetrics
import RelayMetrics
import Synchronization

/// What the QUIC relay counts. Its series are made once, so that counting is an atomic addition or two.
final class QUICMetrics: Sendable {
    /// Why a client did not get what it wanted: the label `reason`.
    enum Failure: String, CaseIterable, Sendable {
        /// There are as many connections without a ticket as there may be.
        case tooMany = "accept_error"
        /// It has not shown in time who it is.
        case authentication = "handler_error"
        /// A stream was refused.
        case stream = "stream_error"
    }

    private let connections: Counter
    private let active: Meter
    private let activeCount = Atomic<Int>(0)
    private let members: Meter
    private let memberCount = Atomic<Int>(0)
    private let failures: [Failure: Counter]
    private let moves: Counter
    private let dropped: Counter
    private let carried: PathMetrics

    /// - Parameter carried: of all that the relay carries between peers.
    init(factory: any MetricsFactory, carried: PathMetrics) {
        self.carried = carried
        self.connections = Counter(
            label: RelayMetric.connections,
            dimensions: [("proto", "quic"), ("type", "relay")],
            factory: factory
        )
        self.active = Meter(label: RelayMetric.quicConnectionsActive, factory: factory)
        self.members = Meter(label: RelayMetric.quicAllocationsActive, factory: factory)
        self.failures = Failure.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: RelayMetric.connectionFailures,
                dimensions: [("proto", "quic"), ("reason", reason.rawValue)],
                factory: factory
            )
        }
        self.moves = Counter(label: RelayMetric.quicMigrations, factory: factory)
        self.dropped = Counter(label: RelayMetric.quicDatagramsDropped, factory: factory)
        self.active.set(0)
        self.members.set(0)
    }

    /// A connection's handshake is done.
    func opened() {
        self.connections.increment()
        self.active.set(self.activeCount.add(1, ordering: .relaxed).newValue)
    }

    func ended() { self.active.set(self.activeCount.subtract(1, ordering: .relaxed).newValue) }

    /// It has shown who it is.
    func entered() { self.members.set(self.memberCount.add(1, ordering: .relaxed).newValue) }

    func left() { self.members.set(self.memberCount.subtract(1, ordering: .relaxed).newValue) }

    func failed(_ reason: Failure) { self.failures[reason]?.increment() }

    /// It goes on from another address.
    func moved() { self.moves.increment() }

    func droppedDatagram() { self.dropped.increment() }

    /// Two peers have a tunnel.
    func bound() { self.carried.bound() }

    func unbound() { self.carried.disconnected() }
}
