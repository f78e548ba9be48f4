import RelayCore
import Synchronization

/// Counts each user's long polls, holds each user to the same bound, and tells who waits for what.
final class PollWaiters: Sendable {
    private struct Polls {
        /// Those that have a place.
        var all = 0
        /// Those of them that have joined their topics, and wait.
        var waiting = 0
    }

    private struct State {
        var users: [UserID: Polls] = [:]
        var topics: [WaitedTopic: Int] = [:]
        var waiting = 0
        var maxPerUser: Int
    }

    /// A topic that somebody waits on, as one waiting user sees it.
    struct WaitedTopic: Hashable {
        let key: TopicKey
        let user: UserID
    }

    /// One poll's place among its user's. It is taken before anything is done for the poll, for as long as this value exists. So no way to
    /// an end can forget to give it back, or give it back twice.
    struct Place: ~Copyable {
        private let waiters: PollWaiters
        private let user: UserID
        /// On which it waits; nil before it does.
        private var topics: [TopicKey]?

        fileprivate init(_ waiters: PollWaiters, _ user: UserID) {
            self.waiters = waiters
            self.user = user
        }

        /// The poll has joined its topics, and waits. To be called once.
        mutating func wait(on topics: [TopicKey]) {
            self.topics = topics
            self.waiters.wait(self.user, topics)
        }

        deinit { self.waiters.leave(self.user, self.topics) }
    }

    private let state: Mutex<State>

    init(maxPerUser: Int) {
        self.state = Mutex(State(maxPerUser: maxPerUser))
    }

    /// Who has more than that keeps them, and gets no further ones.
    func change(maxPerUser: Int) { self.state.withLock { $0.maxPerUser = maxPerUser } }

    /// - Returns: nil, with nothing counted, where the user has as many polls as it may.
    func enter(_ user: UserID) -> Place? {
        let isAdmitted = self.state.withLock { state in
            guard state.users[user, default: Polls()].all < state.maxPerUser else { return false }
            state.users[user, default: Polls()].all += 1
            return true
        }
        return isAdmitted ? Place(self, user) : nil
    }

    private func wait(_ user: UserID, _ topics: [TopicKey]) {
        self.state.withLock { state in
            state.waiting += 1
            state.users[user]?.waiting += 1
            for key in topics { state.topics[WaitedTopic(key: key, user: user), default: 0] += 1 }
        }
    }

    /// - Parameter topics: nil where the poll did not wait.
    private func leave(_ user: UserID, _ topics: [TopicKey]?) {
        self.state.withLock { state in
            if var polls = state.users[user] {
                polls.all -= 1
                if topics != nil { polls.waiting -= 1 }
                state.users[user] = polls.all > 0 ? polls : nil
            }
            guard let topics else { return }
            state.waiting -= 1
            for key in topics { Self.decrement(&state.topics, WaitedTopic(key: key, user: user)) }
        }
    }

    /// How many polls wait.
    var total: Int { self.state.withLock { $0.waiting } }

    /// How many polls wait, and on which topics.
    ///
    /// - Parameter user: nil counts everyone's.
    func counts(of user: UserID?) -> (waiters: Int, topics: [WaitedTopic: Int]) {
        self.state.withLock { state in
            guard let user else { return (state.waiting, state.topics) }
            return (state.users[user]?.waiting ?? 0, state.topics.filter { $0.key.user == user })
        }
    }

    private static func decrement(_ counts: inout [WaitedTopic: Int], _ topic: WaitedTopic) {
        guard let count = counts[topic] else { return }
        counts[topic] = count > 1 ? count - 1 : nil
    }
}
