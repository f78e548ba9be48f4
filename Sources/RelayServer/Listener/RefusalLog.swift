import NIOCore

/// Says at most once a second how many connections were refused, and why.
struct RefusalLog {
    enum Action: Equatable {
        case nothing
        /// Write this line now.
        case write([ConnectionRefusal: Int])
        /// Ask again by ``due(at:)`` after so long.
        case wait(TimeAmount)
    }

    private static let interval = TimeAmount.seconds(1)

    private var counts: [ConnectionRefusal: Int] = [:]
    private var quietUntil = NIODeadline.uptimeNanoseconds(0)
    private var isWaiting = false

    mutating func note(_ reason: ConnectionRefusal, at now: NIODeadline) -> Action {
        self.counts[reason, default: 0] += 1
        guard !self.isWaiting else { return .nothing }
        guard now < self.quietUntil else { return self.write(at: now) }
        self.isWaiting = true
        return .wait(self.quietUntil - now)
    }

    /// The time that ``note(_:at:)`` asked for is over.
    mutating func due(at now: NIODeadline) -> Action {
        self.isWaiting = false
        return self.counts.isEmpty ? .nothing : self.write(at: now)
    }

    private mutating func write(at now: NIODeadline) -> Action {
        defer { self.counts = [:] }
        self.quietUntil = now + Self.interval
        return .write(self.counts)
    }
}
