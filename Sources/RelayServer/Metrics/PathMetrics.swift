import CoreMetrics
import NIOCore
import RelayMetrics
import RelaySessions
import Synchronization

extension PathMode? {
    /// In labels and logs.
    var name: String { self?.rawValue ?? "none" }
}

/// What the relay carries between peers, counted where the bytes pass, and which ways peers take. Series are made once, so that counting is an
/// atomic addition.
final class PathMetrics: Sendable {
    /// How bytes pass: the label `mode`.
    typealias Mode = PathMode

    private struct Direction: Sendable {
        let modes: [Mode: Counter]

        init(_ name: String, _ factory: any MetricsFactory) {
            self.modes = Mode.allCases.filter(\.isRelayed).reduce(into: [:]) { counters, mode in
                counters[mode] = PathMetrics.bytes(mode, name, factory)
            }
        }
    }

    private struct SwitchKey: Hashable {
        let from: Mode?
        let to: Mode?
        let reason: PathReason
    }

    private let factory: any MetricsFactory
    private let total: RelayedBytes
    private let inbound: Direction
    private let outbound: Direction
    /// Of ways that the relay does not see.
    private let reported: [Mode: Counter]
    private let active: Meter
    private let activeCount = Atomic<Int>(0)
    private let tunnels: Counter
    private let current: [Mode: Meter]
    /// As many as there are modes and reasons.
    private let switches = Mutex<[SwitchKey: Counter]>([:])

    /// - Parameter total: of all that the relay carries.
    init(factory: any MetricsFactory, total: RelayedBytes = RelayedBytes()) {
        self.factory = factory
        self.total = total
        self.inbound = Direction("inbound", factory)
        self.outbound = Direction("outbound", factory)
        self.reported = Mode.allCases.filter { !$0.isRelayed }.reduce(into: [:]) { counters, mode in
            counters[mode] = Self.bytes(mode, "reported", factory)
        }
        self.active = Meter(label: RelayMetric.relayedConnections, factory: factory)
        self.active.set(0)
        self.tunnels = Counter(
            label: RelayMetric.connections,
            dimensions: [("proto", "tcp"), ("type", "tunnel")],
            factory: factory
        )
        self.current = Mode.allCases.reduce(into: [:]) { meters, mode in
            let meter = Meter(label: RelayMetric.pathsCurrent, dimensions: [("mode", mode.rawValue)], factory: factory)
            meter.set(0)
            meters[mode] = meter
        }
    }

    private static func bytes(_ mode: Mode, _ direction: String, _ factory: any MetricsFactory) -> Counter {
        Counter(
            label: RelayMetric.pathBytes,
            dimensions: [("mode", mode.rawValue), ("direction", direction)],
            factory: factory
        )
    }

    /// Bytes have come from a peer.
    func received(_ count: Int, over mode: Mode) {
        self.total.received(count)
        self.inbound.modes[mode]?.increment(by: count)
    }

    /// Bytes were handed to a peer's socket.
    func sent(_ count: Int, over mode: Mode) {
        self.total.sent(count)
        self.outbound.modes[mode]?.increment(by: count)
    }

    /// A peer says that it has sent so much more by a way that the relay does not see.
    func reported(_ count: Int64, over mode: Mode) { self.reported[mode]?.increment(by: count) }

    /// Two peers have a tunnel.
    func connected() {
        self.tunnels.increment()
        self.bound()
    }

    /// The same, of which the connections are counted apart.
    func bound() { self.active.set(self.activeCount.add(1, ordering: .relaxed).newValue) }

    /// They have none any more.
    func disconnected() { self.active.set(self.activeCount.subtract(1, ordering: .relaxed).newValue) }

    // MARK: Ways

    /// - Parameter current: how many pairs take each way.
    func switched(_ current: [Mode: Int]) {
        for (mode, count) in current { self.current[mode]?.set(count) }
    }

    func switched(from old: Mode?, to new: Mode?, because reason: PathReason) {
        let key = SwitchKey(from: old, to: new, reason: reason)
        let counter = self.switches.withLock { switches in
            if let known = switches[key] { return known }
            let counter = Counter(
                label: RelayMetric.pathSwitches,
                dimensions: [("from", old.name), ("to", new.name), ("reason", reason.rawValue)],
                factory: self.factory
            )
            switches[key] = counter
            return counter
        }
        counter.increment()
    }
}

/// All bytes that the relay carries between peers, whichever way.
final class RelayedBytes: Sendable {
    private struct Look {
        var at: NIODeadline
        var bytes: Int64
        /// Bytes in a second.
        var rate: Int64
    }

    private let inbound = Atomic<Int64>(0)
    private let outbound = Atomic<Int64>(0)
    private let look: Mutex<Look>

    /// - Parameter start: from when on the first rate is measured.
    init(since start: NIODeadline = .now()) {
        self.look = Mutex(Look(at: start, bytes: 0, rate: 0))
    }

    func received(_ count: Int) { self.inbound.wrappingAdd(Int64(count), ordering: .relaxed) }

    func sent(_ count: Int) { self.outbound.wrappingAdd(Int64(count), ordering: .relaxed) }

    /// Bytes in a second that came from peers since this was asked last, or for the look before that where it was within a second.
    func rate(at now: NIODeadline) -> Int64 {
        let bytes = self.inbound.load(ordering: .relaxed)
        return self.look.withLock { look in
            let time = now - look.at
            guard time >= .seconds(1) else { return look.rate }
            let rate = Double(bytes - look.bytes) / Double(time.nanoseconds) * 1_000_000_000
            look = Look(at: now, bytes: bytes, rate: Int64(rate))
            return look.rate
        }
    }
}

/// What there is to tell of these when `/metrics` is read.
extension RelayedBytes: MetricCollector {
    func collect() -> [MetricSample] {
        [
            RelayMetric.relayedBytes.sample(Int(self.inbound.load(ordering: .relaxed)), ("direction", "inbound")),
            RelayMetric.relayedBytes.sample(Int(self.outbound.load(ordering: .relaxed)), ("direction", "outbound")),
            RelayMetric.relayBandwidth.sample(Int(self.rate(at: .now()))),
        ]
    }
}
