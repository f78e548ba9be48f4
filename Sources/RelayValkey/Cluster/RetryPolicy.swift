import NIOCore

/// Decides what becomes of one command that met trouble: where it goes next, when, or that it ends.
struct RetryPolicy {
    enum Step: Equatable {
        case resend(to: ValkeyAddress, isAsking: Bool)
        /// Then to whoever has the slot.
        case wait(TimeAmount)
        /// The deadline is too close for more.
        case giveUp
    }

    /// So many redirects in a row are followed at once. A cluster that sends on and on is waited for.
    static let maxRedirects = 5
    /// With less time left nothing is sent any more: a connection is closed when a reply is overdue, with all that is on it.
    static let leastTime = TimeAmount.milliseconds(250)
    static let backoff = ReconnectBackoff.Limits(first: .milliseconds(10), longest: .milliseconds(200))

    private var redirects = 0
    private var backoff = ReconnectBackoff(Self.backoff)

    /// - Parameter random: from 0 to 1.
    mutating func step(
        after trouble: ClusterTrouble,
        now: NIODeadline,
        deadline: NIODeadline,
        random: Double
    ) -> Step {
        guard deadline - now >= Self.leastTime else { return .giveUp }
        switch trouble {
        case .moved(_, let address):
            return self.redirected() ? .resend(to: address, isAsking: false) : self.wait(now, deadline, random)
        case .ask(let address):
            return self.redirected() ? .resend(to: address, isAsking: true) : self.wait(now, deadline, random)
        case .later:
            return self.wait(now, deadline, random)
        }
    }

    private mutating func redirected() -> Bool {
        self.redirects += 1
        return self.redirects <= Self.maxRedirects
    }

    private mutating func wait(_ now: NIODeadline, _ deadline: NIODeadline, _ random: Double) -> Step {
        self.redirects = 0
        let delay = self.backoff.next(random: random)
        return deadline - now - delay >= Self.leastTime ? .wait(delay) : .giveUp
    }
}
