import NIOCore

/// Decides when a connection on which nothing comes is asked for a sign of life, and when it is given up.
struct Pulse {
    enum Tick: Equatable {
        case nothing
        case ping
        case dead
    }

    private let interval: TimeAmount
    private let patience: TimeAmount
    private var lastHeard: NIODeadline
    private var askedAt: NIODeadline?

    /// - Parameters:
    ///   - interval: after so much silence a PING is sent.
    ///   - patience: how long after it the connection is dead.
    init(interval: TimeAmount, patience: TimeAmount, now: NIODeadline) {
        self.interval = interval
        self.patience = patience
        self.lastHeard = now
    }

    mutating func heard(now: NIODeadline) {
        self.lastHeard = now
        self.askedAt = nil
    }

    mutating func tick(now: NIODeadline) -> Tick {
        if let askedAt = self.askedAt { return now - askedAt >= self.patience ? .dead : .nothing }
        guard now - self.lastHeard >= self.interval else { return .nothing }
        self.askedAt = now
        return .ping
    }

    func unresponsiveSince(now: NIODeadline, after limit: TimeAmount) -> NIODeadline? {
        guard let askedAt = self.askedAt, now - askedAt > limit else { return nil }
        return askedAt
    }
}
