import NIOCore

/// Events that wait to be delivered to one receiver, and when the next try is.
///
/// They go out one at a time, in their order. While the receiver takes none, all wait: the pauses between tries double from one second to one
/// minute. An event that is due for an hour is given up. Pure: time comes in with each call.
struct WebhookQueue {
    struct Event: Equatable {
        let number: UInt64
        /// How it is counted.
        let name: String
        /// Of events with the same key only the newest is worth telling.
        let key: String?
        let body: ByteBuffer
        let since: NIODeadline
    }

    enum Addition: Equatable {
        case waiting
        /// It stands in the place of an earlier one, which is not told any more.
        case replacing(Event)
        /// There are as many as may be.
        case full
    }

    enum Step: Equatable {
        /// Deliver it, and say what came of it.
        case deliver(Event)
        case wait(until: NIODeadline)
        /// Until something is added.
        case rest
    }

    /// What became of a try.
    enum Outcome {
        case delivered
        /// The receiver has it and will not have it: no further try changes that.
        case refused
        /// It may go better later.
        case failed
    }

    static let maxEvents = 1_000
    static let patience = TimeAmount.hours(1)
    static let firstPause = TimeAmount.seconds(1)
    static let longestPause = TimeAmount.minutes(1)

    /// The first is the next, or under way.
    private var events: [Event] = []
    private var isUnderWay = false
    private var lastNumber: UInt64 = 0
    private var failures = 0
    private var nextTry: NIODeadline?

    var count: Int { self.events.count }

    mutating func add(_ name: String, _ key: String?, _ body: ByteBuffer, at now: NIODeadline) -> Addition {
        self.lastNumber += 1
        if let key, let place = self.events.firstIndex(where: { $0.key == key }), place > 0 || !self.isUnderWay {
            let old = self.events[place]
            self.events[place] = Event(number: self.lastNumber, name: name, key: key, body: body, since: old.since)
            return .replacing(old)
        }
        guard self.events.count < Self.maxEvents else { return .full }
        self.events.append(Event(number: self.lastNumber, name: name, key: key, body: body, since: now))
        return .waiting
    }

    mutating func next(at now: NIODeadline) -> Step {
        guard let first = self.events.first, !self.isUnderWay else { return .rest }
        if let nextTry = self.nextTry, nextTry > now { return .wait(until: nextTry) }
        self.isUnderWay = true
        return .deliver(first)
    }

    /// - Returns: the event, where it is done with.
    mutating func finish(_ outcome: Outcome, at now: NIODeadline) -> (event: Event, isGivenUp: Bool)? {
        guard self.isUnderWay, let first = self.events.first else { return nil }
        self.isUnderWay = false
        switch outcome {
        case .delivered, .refused:
            (self.failures, self.nextTry) = (0, nil)
            self.events.removeFirst()
            return (first, false)
        case .failed:
            self.nextTry = now + self.pause
            self.failures += 1
            guard now - first.since >= Self.patience else { return nil }
            self.events.removeFirst()
            return (first, true)
        }
    }

    private var pause: TimeAmount {
        min(Self.longestPause, .nanoseconds(Self.firstPause.nanoseconds << Int64(min(self.failures, 6))))
    }
}
