import NIOCore
import Synchronization

/// Gives out punch tokens, and knows those in force. One `Mutex`: who coordinates gives them out on any thread, the port asks on its own.
final class PunchTokens: Sendable {
    /// How long a token is in force where nothing else is said.
    static let life = TimeAmount.seconds(10)
    /// In force at a time, of all sessions. Each takes some hundred bytes.
    static let standardLimit = 20_000

    private let key: PunchTokenKey
    private let live: Mutex<LivePunchTokens>

    init(key: PunchTokenKey, limit: Int = PunchTokens.standardLimit) {
        self.key = key
        self.live = Mutex(LivePunchTokens(limit: limit))
    }

    /// - Parameters:
    ///   - attempt: its end is said to clients; what counts here is `life`, from now on.
    ///   - now: by uptime, which nobody sets.
    /// - Returns: nil where too many are in force.
    func issue(_ attempt: PunchAttempt, at now: NIODeadline, for life: TimeAmount = PunchTokens.life) -> String? {
        let token = self.key.token(attempt)
        let end = now + life
        let isTaken = self.live.withLock { $0.insert(token, of: attempt.session, until: end, at: now) }
        return isTaken ? token : nil
    }

    func verifies(_ token: String, of session: String, at now: NIODeadline) -> Bool {
        self.live.withLock { $0.has(token, of: session, at: now) }
    }
}
