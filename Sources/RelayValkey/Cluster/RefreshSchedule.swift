import NIOCore

/// Decides when the slot map is asked for: at intervals, and soon after a command finds it wrong. It is never asked
/// for twice at a time or in short succession, however many commands find it wrong.
struct RefreshSchedule {
    enum Action: Equatable {
        case nothing
        case refresh
        /// Call `waited` after so long, and not for any earlier wait.
        case wait(TimeAmount)
    }

    private enum Phase {
        case idle
        case waiting(until: NIODeadline)
        case running(isWantedAgain: Bool)
        case closed
    }

    private let interval: TimeAmount
    private let shortest: TimeAmount
    private var backoff: ReconnectBackoff
    private var phase = Phase.idle
    private var lastStart = NIODeadline.distantPast

    /// - Parameters:
    ///   - interval: between two refreshes that nobody wants; after a failure it is less.
    ///   - shortest: between two in any case.
    init(interval: TimeAmount, shortest: TimeAmount) {
        self.interval = interval
        self.shortest = shortest
        self.backoff = ReconnectBackoff(ReconnectBackoff.Limits(first: shortest, longest: interval))
    }

    mutating func start(now: NIODeadline) -> Action {
        switch self.phase {
        case .idle: return self.run(now)
        case .waiting, .running, .closed: return .nothing
        }
    }

    /// Somebody found the map wrong.
    mutating func wanted(now: NIODeadline) -> Action {
        switch self.phase {
        case .waiting(let until):
            let earliest = max(now, self.lastStart + self.shortest)
            guard earliest < until else { return .nothing }
            self.phase = .waiting(until: earliest)
            return .wait(earliest - now)
        case .running:
            // What was found may be younger than the answer under way.
            self.phase = .running(isWantedAgain: true)
            return .nothing
        case .idle, .closed: return .nothing
        }
    }

    mutating func waited(now: NIODeadline) -> Action {
        switch self.phase {
        case .waiting: return self.run(now)
        case .idle, .running, .closed: return .nothing
        }
    }

    /// - Parameter random: from 0 to 1.
    mutating func finished(isGood: Bool, now: NIODeadline, random: Double) -> Action {
        guard case .running(let isWantedAgain) = self.phase else { return .nothing }
        if isGood { self.backoff.reset() }
        var delay = isGood ? self.jittered(random) : self.backoff.next(random: random)
        if isWantedAgain { delay = min(delay, max(self.lastStart + self.shortest - now, .zero)) }
        self.phase = .waiting(until: now + delay)
        return .wait(delay)
    }

    mutating func close() {
        self.phase = .closed
    }

    private mutating func run(_ now: NIODeadline) -> Action {
        self.phase = .running(isWantedAgain: false)
        self.lastStart = now
        return .refresh
    }

    private func jittered(_ random: Double) -> TimeAmount {
        .nanoseconds(Int64(Double(self.interval.nanoseconds) * (0.75 + 0.25 * min(max(random, 0), 1))))
    }
}
