import NIOCore

/// How many answers may go to packets that are of no connection: whoever sends such packets may be somebody else than they say.
struct AnswerBudget {
    private let perSecond: Int
    private var left: Int
    private var second: NIODeadline

    init(perSecond: Int, at now: NIODeadline) {
        self.perSecond = perSecond
        self.left = perSecond
        self.second = now
    }

    /// - Returns: whether one may go now.
    mutating func take(at now: NIODeadline) -> Bool {
        if now - self.second >= .seconds(1) {
            self.second = now
            self.left = self.perSecond
        }
        guard self.left > 0 else { return false }
        self.left -= 1
        return true
    }
}
