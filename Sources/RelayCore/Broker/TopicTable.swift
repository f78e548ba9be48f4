import NIOCore
import RelayWire
import Synchronization

/// The topics that are in memory. At most one ``Topic`` of a key is in service at any time.
final class TopicTable: Sendable {
    /// How long a topic must have been unused before a full table lets it go, and a full hot tier drops all of it.
    static let idleTime = TimeAmount.seconds(10)

    private struct State {
        var topics: [TopicKey: Topic] = [:]
        /// The count beyond which unused topics are looked for next. Where few are found it rises with the table, so that
        /// a crowd of busy topics is not gone through again for each newcomer.
        var crowd: Int
    }

    private let state: Mutex<State>
    private let limit: Int

    /// - Parameter limit: how many topics may be held before unused ones are let go.
    init(limit: Int) {
        self.limit = limit
        self.state = Mutex(State(crowd: limit))
    }

    func find(_ key: TopicKey) -> Topic? {
        self.state.withLock { $0.topics[key] }
    }

    var all: [Topic] {
        self.state.withLock { Array($0.topics.values) }
    }

    var count: Int {
        self.state.withLock { $0.topics.count }
    }

    /// Puts a topic in service. The caller holds its key's lock, so there is none of that key in service yet.
    ///
    /// - Parameter unusedSince: topics last used before it may be let go if the table is full.
    func insert(_ topic: Topic, unusedSince deadline: NIODeadline) {
        let crowd = self.state.withLock { state -> [Topic] in
            state.topics[topic.key] = topic
            guard state.topics.count > state.crowd else { return [] }
            state.crowd = state.topics.count + self.step
            return Array(state.topics.values)
        }
        if !crowd.isEmpty { self.retire(crowd, unusedSince: deadline) }
    }

    /// Takes out a topic that is about to leave service. The caller holds its key's lock.
    func remove(_ topic: Topic) {
        self.state.withLock { state in
            if state.topics[topic.key] === topic { state.topics[topic.key] = nil }
        }
    }

    /// A tenth of the limit, at least one.
    private var step: Int { max(1, self.limit / 10) }

    /// Brings the table down to a tenth below its limit, if so many topics are unused.
    ///
    /// A topic is out of service some moments before it is out of the table: see ``Topic/isInService``.
    private func retire(_ crowd: [Topic], unusedSince deadline: NIODeadline) {
        var quota = crowd.count - self.limit + self.step
        for topic in crowd where quota > 0 && topic.retire(ifUnusedSince: deadline) {
            quota -= 1
            self.remove(topic)
        }
        self.state.withLock { $0.crowd = max(self.limit, $0.topics.count + (quota > 0 ? self.step : 0)) }
    }
}
