import RelayCore
import Synchronization

/// Who waits in long polls, and on what: bounds them per user, and tells the statistics.
final class PollWaiters: Sendable {
    private struct State {
        var perUser: [UserID: Int] = [:]
        var perTopic: [WaitedTopic: Int] = [:]
        var total = 0
    }

    /// A topic that somebody waits on, as one waiting user sees it.
    struct WaitedTopic: Hashable {
        let key: TopicKey
        let user: UserID
    }

    let maxPerUser: Int
    private let state = Mutex(State())

    init(maxPerUser: Int) {
        self.maxPerUser = maxPerUser
    }

    /// - Returns: false, with nothing counted, where the user waits in too many polls already.
    func enter(_ user: UserID, _ topics: [TopicKey]) -> Bool {
        self.state.withLock { state in
            guard state.perUser[user, default: 0] < self.maxPerUser else { return false }
            state.perUser[user, default: 0] += 1
            state.total += 1
            for key in topics { state.perTopic[WaitedTopic(key: key, user: user), default: 0] += 1 }
            return true
        }
    }

    func leave(_ user: UserID, _ topics: [TopicKey]) {
        self.state.withLock { state in
            state.total -= 1
            Self.decrement(&state.perUser, user)
            for key in topics { Self.decrement(&state.perTopic, WaitedTopic(key: key, user: user)) }
        }
    }

    var total: Int { self.state.withLock { $0.total } }

    /// How many polls wait, and on which topics.
    ///
    /// - Parameter user: nil counts everyone's.
    func counts(of user: UserID?) -> (waiters: Int, topics: [WaitedTopic: Int]) {
        self.state.withLock { state in
            guard let user else { return (state.total, state.perTopic) }
            return (state.perUser[user, default: 0], state.perTopic.filter { $0.key.user == user })
        }
    }

    private static func decrement<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
