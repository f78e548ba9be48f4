import RelayWire
import Synchronization

/// The topics that are in memory. At most one ``Topic`` of a key is in service at any time.
final class TopicTable: Sendable {
    private let topics = Mutex<[TopicKey: Topic]>([:])
    private let limit: Int

    /// - Parameter limit: how many topics may be held before unused ones are let go.
    init(limit: Int) {
        self.limit = limit
    }

    func find(_ key: TopicKey) -> Topic? {
        self.topics.withLock { $0[key] }
    }

    var all: [Topic] {
        self.topics.withLock { Array($0.values) }
    }

    var count: Int {
        self.topics.withLock { $0.count }
    }

    /// Puts a topic in service. The caller holds its key's lock, so there is none of that key yet.
    ///
    /// - Parameter unusedSince: topics last used before it may be let go if the table is full.
    func insert(_ topic: Topic, unusedSince deadline: Timestamp) {
        let crowd = self.topics.withLock { topics -> [Topic] in
            topics[topic.key] = topic
            return topics.count > self.limit ? Array(topics.values) : []
        }
        self.retire(crowd, unusedSince: deadline)
    }

    /// Lets go of a tenth of the table, if so many topics are unused.
    private func retire(_ crowd: [Topic], unusedSince deadline: Timestamp) {
        var quota = crowd.count / 10
        for topic in crowd where quota > 0 && topic.retire(ifUnusedSince: deadline) {
            quota -= 1
            self.topics.withLock { topics in
                if topics[topic.key] === topic { topics[topic.key] = nil }
            }
        }
    }
}
