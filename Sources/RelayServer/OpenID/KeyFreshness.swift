import NIOCore

/// When an issuer's keys are fetched. Pure: time comes in with each call.
///
/// Keys serve for as long as the issuer says, within bounds. A token that they don't fit may be of a newer key, or a forgery: it has them fetched
/// again, but not more often than one pause allows, however many such tokens come.
struct KeyFreshness: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case use
        case fetch
        /// There are none, and there were none just now.
        case fail
    }

    static let usualSeconds: Int64 = 600
    static let seconds: ClosedRange<Int64> = 60...86_400
    /// Between two fetches that tokens ask for.
    static let forcedPause = TimeAmount.seconds(30)
    /// Between two tries where the issuer does not answer.
    static let failurePause = TimeAmount.seconds(5)

    private var freshUntil: NIODeadline?
    private var forcedAt: NIODeadline?
    private var failedAt: NIODeadline?

    /// - Parameter isForced: whether a token did not fit the keys that there are.
    func step(at now: NIODeadline, isForced: Bool) -> Step {
        let hasFailed = self.failedAt.map { now < $0 + Self.failurePause } ?? false
        guard let freshUntil = self.freshUntil, now < freshUntil else { return hasFailed ? .fail : .fetch }
        guard isForced, !hasFailed else { return .use }
        return self.forcedAt.map { now < $0 + Self.forcedPause } ?? false ? .use : .fetch
    }

    /// A fetch has begun that a token asked for.
    mutating func forced(at now: NIODeadline) { self.forcedAt = now }

    /// - Parameter maxAge: what the issuer says, in seconds.
    mutating func succeeded(at now: NIODeadline, maxAge: Int64?) {
        let seconds = min(max(maxAge ?? Self.usualSeconds, Self.seconds.lowerBound), Self.seconds.upperBound)
        self.freshUntil = now + .seconds(seconds)
        self.failedAt = nil
    }

    mutating func failed(at now: NIODeadline) { self.failedAt = now }
}
