/// The passes that were shown at this relay: each is good once. Whoever has seen one on its way has nothing in it.
///
/// Keeps the numbers of those that could still be in force: at most ``most`` of the latest ``span``, and as many of the one before. Beyond that no
/// more are let in: only relays with the same secret make passes, so that is a fault of theirs, and not for strangers to bring about.
struct UsedPasses {
    /// Of one span of time.
    static let most = 16_384
    /// No pass is in force longer after it was shown, in milliseconds.
    static let span = 2 * NodePassKey.lifetime

    private var latest: Set<NodePassNumber> = []
    private var before: Set<NodePassNumber> = []
    /// When the latest span began.
    private var began: Int64 = .min

    /// - Parameter now: milliseconds since 1970. Where the clock is set back, numbers are kept the longer.
    /// - Returns: false where the pass was used before, or there are too many.
    mutating func use(_ number: NodePassNumber, at now: Int64) -> Bool {
        self.forget(at: now)
        guard !self.latest.contains(number), !self.before.contains(number), self.latest.count < Self.most else {
            return false
        }
        self.latest.insert(number)
        return true
    }

    /// A number of the span before the latest was used at least ``span`` ago when the next begins.
    private mutating func forget(at now: Int64) {
        guard self.began != .min, now - self.began >= Self.span else {
            self.began = self.began == .min ? now : min(self.began, now)
            return
        }
        self.before = now - self.began >= 2 * Self.span ? [] : self.latest
        self.latest = []
        self.began = now
    }

    /// Numbers that are kept.
    var count: Int { self.latest.count + self.before.count }
}
