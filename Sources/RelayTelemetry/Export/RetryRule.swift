/// How long to wait before the next try. Pure.
struct RetryRule: Hashable, Sendable {
    /// Before the second try.
    var first = Duration.seconds(1)
    /// Between any two.
    var longest = Duration.seconds(30)
    /// After which a batch is given up, from its first try.
    var patience = Duration.seconds(300)

    /// - Parameters:
    ///   - attempt: how many there have been, at least 1.
    ///   - asked: what the collector asks for; nil for nothing.
    ///   - chance: from 0 to 1, so that relays don't all come at once.
    func pause(after attempt: Int, asked: Duration?, chance: Double) -> Duration {
        if let asked { return asked }
        let doubled = self.first * (1 << min(attempt - 1, 16))
        return min(doubled, self.longest) * (0.5 + chance / 2)
    }
}
