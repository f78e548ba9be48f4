import CoreMetrics
import NIOCore
import RelayMetrics
import RelaySessions
import Synchronization

/// How peers fare that look for a direct way, by what they and their NATs say.
final class PunchMetrics: Sendable {
    private struct Series: Sendable {
        let attempts: Counter
        let successes: Counter
        let duration: Timer
        let detected: Counter

        init(_ nat: NATClass, _ factory: any MetricsFactory) {
            let labels = [("nat_type", nat.rawValue)]
            self.attempts = Counter(label: RelayMetric.punchAttempts, dimensions: labels, factory: factory)
            self.successes = Counter(label: RelayMetric.punchSuccesses, dimensions: labels, factory: factory)
            self.duration = Timer(label: RelayMetric.punchDuration, dimensions: labels, factory: factory)
            self.detected = Counter(label: RelayMetric.natTypes, dimensions: labels, factory: factory)
        }
    }

    /// Longer ones are counted as so long.
    private static let longestMilliseconds: Int64 = 60_000

    private let series: [NATClass: Series]
    private let udp: Counter
    private let tcp: Counter
    private let udpFailed: Counter
    private let udpTimedOut: Counter
    private let tcpFailed: Counter
    private let tcpTimedOut: Counter
    private let direct: DirectSuccess

    init(factory: any MetricsFactory, direct: DirectSuccess) {
        self.direct = direct
        self.series = NATClass.allCases.reduce(into: [:]) { $0[$1] = Series($1, factory) }
        func connection(_ proto: String, _ type: String) -> Counter {
            let labels = [("proto", proto), ("type", type)]
            return Counter(label: RelayMetric.connections, dimensions: labels, factory: factory)
        }
        func failure(_ proto: String, _ reason: String) -> Counter {
            let labels = [("proto", proto), ("reason", reason)]
            return Counter(label: RelayMetric.connectionFailures, dimensions: labels, factory: factory)
        }
        self.udp = connection("udp", "p2p")
        self.tcp = connection("tcp", "simultaneous")
        self.udpFailed = failure("udp", "punch_failed")
        self.udpTimedOut = failure("udp", "punch_timeout")
        self.tcpFailed = failure("tcp", "simultaneous_failed")
        self.tcpTimedOut = failure("tcp", "simultaneous_timeout")
    }

    /// Two peers were told to try.
    ///
    /// - Parameter nats: what they say of their NATs.
    func attempted(_ nats: [NATClass]) {
        for nat in nats {
            self.series[nat]?.attempts.increment()
            if nat != .unknown { self.series[nat]?.detected.increment() }
        }
    }

    /// One of the two says what came of it.
    func finished(_ outcome: PunchOutcome, at now: NIODeadline) {
        let series = self.series[outcome.nat]
        if outcome.hasNewNAT { series?.detected.increment() }
        self.direct.add(outcome.result.reached, at: now)
        let isTCP = outcome.result.transport == .tcp
        if outcome.result.reached {
            series?.successes.increment()
            series?.duration.recordNanoseconds(min(outcome.duration, Self.longestMilliseconds) * 1_000_000)
            (isTCP ? self.tcp : self.udp).increment()
        } else if isTCP {
            (outcome.result.timedOut ? self.tcpTimedOut : self.tcpFailed).increment()
        } else {
            (outcome.result.timedOut ? self.udpTimedOut : self.udpFailed).increment()
        }
    }
}

/// How many reach another directly, measured when `/metrics` is read.
final class DirectSuccess: MetricCollector {
    private let window = Mutex(SuccessWindow())

    func add(_ reached: Bool, at now: NIODeadline) { self.window.withLock { $0.add(reached, at: now) } }

    func collect() -> [MetricSample] {
        [RelayMetric.directRatio.sample(self.window.withLock { $0.ratio(at: .now()) })]
    }
}

/// How many of the last attempts have succeeded.
struct SuccessWindow {
    /// What is older counts no more.
    static let length = TimeAmount.minutes(10)
    /// Attempts that are looked at, the last ones.
    static let limit = 512

    private var results: [(reached: Bool, at: NIODeadline)] = []

    mutating func add(_ reached: Bool, at now: NIODeadline) {
        if self.results.count == Self.limit { self.results.removeFirst() }
        self.results.append((reached, now))
    }

    /// From 0 to 1; 0 where there were none.
    mutating func ratio(at now: NIODeadline) -> Double {
        self.results.removeAll { now - $0.at > Self.length }
        guard !self.results.isEmpty else { return 0 }
        return Double(self.results.count { $0.reached }) / Double(self.results.count)
    }
}
