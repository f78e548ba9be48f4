import DequeModule
import NIOCore

/// Which of a webhook's topics is told of next, and when one that failed is tried again.
///
/// Each topic is a lane: its deliveries go one after another, so that their order stays. So many lanes are under way at a time, first come
/// first served, one delivery each before the next lane's turn. A lane that fails waits longer and longer; the others go on. Pure: time and
/// chance come in with each call.
struct DeliveryLanes<Lane: Hashable & Sendable> {
    enum Step: Equatable {
        /// Deliver what the lane has next, and say what came of it.
        case deliver(Lane)
        case wait(until: NIODeadline)
        /// Until something is woken, or finished.
        case rest
    }

    enum Outcome: Equatable {
        /// There was nothing to deliver.
        case idle
        case delivered(hasMore: Bool)
        /// - Parameter pause: what the receiver has asked for; of all lanes.
        case failed(pause: TimeAmount?)
        /// The relay itself could not: it tries again soon, and the receiver is not to blame.
        case hindered
    }

    static var firstPause: TimeAmount { .seconds(1) }
    static var longestPause: TimeAmount { .minutes(5) }
    static var hindrancePause: TimeAmount { .seconds(1) }

    private struct Entry {
        var isQueued = false
        var isUnderWay = false
        /// Whether something came while it was under way, or while it waited for its next try.
        var isWoken = false
        var failures = 0
        var nextTry: NIODeadline?
        var failingSince: NIODeadline?
    }

    private let width: Int
    private var entries: [Lane: Entry] = [:]
    private var queue: Deque<Lane> = []
    /// Those that wait for their next try.
    private var pausing: Set<Lane> = []
    private var underWay = 0
    private var pausedUntil: NIODeadline?
    /// How long something had failed when another relay, or an earlier run, stopped trying.
    private var inherited: TimeAmount?

    /// - Parameters:
    ///   - width: lanes under way at a time, at least 1.
    ///   - inherited: how long deliveries have failed so far; nil where they went well.
    init(width: Int, failingFor inherited: TimeAmount? = nil) {
        self.width = max(1, width)
        self.inherited = inherited
    }

    var count: Int { self.entries.count }

    var lanes: [Lane] { Array(self.entries.keys) }

    func contains(_ lane: Lane) -> Bool { self.entries[lane] != nil }

    // MARK: Coming and going

    /// Adds a lane that has nothing yet. Harmless for one that is there.
    mutating func add(_ lane: Lane) {
        if self.entries[lane] == nil { self.entries[lane] = Entry() }
    }

    /// One under way may still finish: that changes nothing.
    mutating func remove(_ lane: Lane) {
        guard let entry = self.entries.removeValue(forKey: lane) else { return }
        if entry.isUnderWay { self.underWay -= 1 }
        if entry.isQueued { self.queue.removeAll { $0 == lane } }
        self.pausing.remove(lane)
    }

    /// A lane may have something to deliver.
    mutating func wake(_ lane: Lane) {
        guard let entry = self.entries[lane] else { return }
        if entry.isUnderWay || entry.nextTry != nil {
            self.entries[lane]?.isWoken = true
        } else if !entry.isQueued {
            self.enqueue(lane)
        }
    }

    private mutating func enqueue(_ lane: Lane) {
        self.entries[lane]?.isQueued = true
        self.queue.append(lane)
    }

    // MARK: Turns

    mutating func next(at now: NIODeadline) -> Step {
        self.endPauses(at: now)
        guard self.underWay < self.width else { return .rest }
        if let end = self.pausedUntil {
            guard end <= now else { return self.queue.isEmpty && self.pausing.isEmpty ? .rest : .wait(until: end) }
            self.pausedUntil = nil
        }
        if let lane = self.queue.popFirst() {
            self.entries[lane]?.isQueued = false
            self.entries[lane]?.isUnderWay = true
            self.entries[lane]?.isWoken = false
            self.underWay += 1
            return .deliver(lane)
        }
        let next = self.pausing.compactMap { self.entries[$0]?.nextTry }.min()
        return next.map { .wait(until: $0) } ?? .rest
    }

    private mutating func endPauses(at now: NIODeadline) {
        let due = self.pausing.filter { lane in self.entries[lane]?.nextTry.map { $0 <= now } ?? true }
        for lane in due.sorted(by: { self.order($0) < self.order($1) }) {
            self.pausing.remove(lane)
            self.entries[lane]?.nextTry = nil
            self.enqueue(lane)
        }
    }

    private func order(_ lane: Lane) -> NIODeadline { self.entries[lane]?.nextTry ?? .distantPast }

    /// - Parameter chance: from 0 up to 1: spreads tries that failed together.
    mutating func finished(_ lane: Lane, _ outcome: Outcome, at now: NIODeadline, chance: Double) {
        guard let entry = self.entries[lane], entry.isUnderWay else { return }
        self.underWay -= 1
        self.entries[lane]?.isUnderWay = false
        switch outcome {
        case .idle:
            if entry.isWoken { self.enqueue(lane) }
        case .delivered(let hasMore):
            self.entries[lane]?.failures = 0
            self.entries[lane]?.failingSince = nil
            if self.entries.values.allSatisfy({ $0.failingSince == nil }) { self.inherited = nil }
            if hasMore || entry.isWoken { self.enqueue(lane) }
        case .failed(let pause):
            let failures = entry.failures + 1
            self.entries[lane]?.failures = failures
            if entry.failingSince == nil {
                let beginning = self.beginning(at: now)
                self.entries[lane]?.failingSince = beginning
            }
            self.postpone(lane, until: now + Self.pause(after: failures, chance))
            if let pause { self.pausedUntil = max(self.pausedUntil ?? now, now + min(pause, Self.longestPause)) }
        case .hindered:
            self.postpone(lane, until: now + Self.hindrancePause)
        }
    }

    private mutating func postpone(_ lane: Lane, until moment: NIODeadline) {
        self.entries[lane]?.nextTry = moment
        self.pausing.insert(lane)
    }

    /// Half of a pause that doubles, and of the other half as much as chance has it.
    static func pause(after failures: Int, _ chance: Double) -> TimeAmount {
        let whole = min(
            Self.longestPause.nanoseconds,
            Self.firstPause.nanoseconds << Int64(min(max(0, failures - 1), 20))
        )
        return .nanoseconds(whole / 2 + Int64(Double(whole / 2) * min(max(0, chance), 1)))
    }

    // MARK: Failing

    /// When what fails now began to: what was inherited counts.
    private mutating func beginning(at now: NIODeadline) -> NIODeadline {
        defer { self.inherited = nil }
        guard let inherited = self.inherited else { return now }
        return NIODeadline.uptimeNanoseconds(
            now.uptimeNanoseconds - min(now.uptimeNanoseconds, UInt64(max(0, inherited.nanoseconds)))
        )
    }

    /// How long a lane has failed, the one that has longest; nil where none fails.
    func failingFor(at now: NIODeadline) -> TimeAmount? {
        self.entries.values.compactMap(\.failingSince).min().map { now - $0 }
    }
}
