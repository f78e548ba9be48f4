import NIOCore
import RelayWire
import Synchronization

/// The topics that are in memory. At most one ``Topic`` of a key is in service at any time.
///
/// They are spread over many dictionaries, each with a lock of its own. A dictionary that grows moves all that it has, under its lock: for
/// a million topics in one that takes tenths of a second, in which no loop finds any.
final class TopicTable: Sendable {
    /// How long a topic must have been unused before a full table lets it go, and a full hot tier drops all of it.
    static let idleTime = TimeAmount.seconds(10)

    let shards = InlineArray<256, Mutex<[TopicKey: Topic]>> { _ in Mutex([:]) }
    /// The parts that are in memory of each topic that has any, whether it is in memory itself or not.
    private let families = Mutex<[TopicKey: [TopicKey: Topic]]>([:])
    private let counted = Atomic<Int>(0)
    private let crowd: Mutex<TopicCrowd>
    private let limit: Int

    /// - Parameter limit: how many topics may be held before unused ones are let go.
    init(limit: Int) {
        self.limit = limit
        self.crowd = Mutex(TopicCrowd(limit: limit, shards: self.shards.count))
    }

    func find(_ key: TopicKey) -> Topic? {
        self.shards[self.shard(of: key)].withLock { $0[key] }
    }

    /// The parts of a topic that are in memory.
    func parts(of root: TopicKey) -> [Topic] {
        self.families.withLock { $0[root].map { Array($0.values) } ?? [] }
    }

    /// Not all of one moment: what comes or goes meanwhile may be there or not.
    var all: [Topic] {
        var topics: [Topic] = []
        topics.reserveCapacity(self.count)
        for shard in 0..<self.shards.count { self.shards[shard].withLock { topics.append(contentsOf: $0.values) } }
        return topics
    }

    var count: Int { self.counted.load(ordering: .relaxed) }

    /// Puts a topic in service. The caller holds its key's lock, so there is none of that key in service yet.
    ///
    /// - Parameter unusedSince: topics last used before it may be let go if the table is full.
    func insert(_ topic: Topic, unusedSince deadline: NIODeadline) {
        if let root = topic.root { self.families.withLock { $0[root, default: [:]][topic.key] = topic } }
        let isNew = self.shards[self.shard(of: topic.key)].withLock { $0.updateValue(topic, forKey: topic.key) == nil }
        let count = isNew ? self.counted.add(1, ordering: .relaxed).newValue : self.count
        self.crowd.withLock { $0.grew(to: count) }
        self.retire(unusedSince: deadline)
    }

    /// Takes out a topic that is about to leave service. The caller holds its key's lock.
    func remove(_ topic: Topic) {
        let isGone = self.shards[self.shard(of: topic.key)].withLock { topics in
            guard topics[topic.key] === topic else { return false }
            topics[topic.key] = nil
            return true
        }
        guard isGone else { return }
        self.counted.subtract(1, ordering: .relaxed)
        if let root = topic.root { self.families.withLock { $0.removePart(topic.key, of: root) } }
    }

    /// Looks for unused topics in as many shards as a newcomer pays for.
    ///
    /// A topic is out of service some moments before it is out of the table: see ``Topic/isInService``.
    private func retire(unusedSince deadline: NIODeadline) {
        var looked = 0
        while looked < TopicCrowd.share, let shard = self.crowd.withLock({ $0.next() }) {
            let topics = self.shards[shard].withLock { Array($0.values) }
            looked += topics.count
            var freed = 0
            for topic in topics where topic.retire(ifUnusedSince: deadline) {
                self.remove(topic)
                freed += 1
            }
            self.crowd.withLock { $0.looked(freed: freed, count: self.count) }
        }
    }

    /// Which of the 256 shards has a key. It need not be as even as a hash, nor as hard to guess, but it costs next to nothing: crowding in one shard
    /// only brings back the pauses that shards avoid.
    private func shard(of key: TopicKey) -> Int {
        var spread = Self.spread(key.name.rawValue)
        if let namespace = key.namespace { spread ^= Self.spread(namespace.rawValue) &* 3 }
        return Int(truncatingIfNeeded: spread >> 56)
    }

    /// From 24 bytes of the text at most: its first, its last, and those in the middle.
    private static func spread(_ text: String) -> UInt64 {
        let spread = unsafe text.utf8.withContiguousStorageIfAvailable { text in
            let bytes = UnsafeRawBufferPointer(text)
            guard bytes.count >= 8 else {
                var spread = UInt64(text.count)
                for index in text.indices { spread = unsafe spread &* 31 &+ UInt64(text[index]) }
                return spread
            }
            let last = bytes.count - 8
            let first = unsafe bytes.loadUnaligned(as: UInt64.self)
            let middle = unsafe bytes.loadUnaligned(fromByteOffset: last / 2, as: UInt64.self)
            let end = unsafe bytes.loadUnaligned(fromByteOffset: last, as: UInt64.self)
            let sum = first &* 0xC2B2_AE3D_27D4_EB4F ^ middle &* 0x1656_67B1_9E37_79F9 ^ end &* 0x9FB2_1C65_1E98_DF25
            return sum ^ (sum >> 29)
        }
        // Bridged text, which keys never are.
        return (spread ?? UInt64(text.utf8.count)) &* 0x9E37_79B9_7F4A_7C15
    }
}

extension [TopicKey: [TopicKey: Topic]] {
    fileprivate mutating func removePart(_ key: TopicKey, of root: TopicKey) {
        self[root]?[key] = nil
        if self[root]?.isEmpty == true { self[root] = nil }
    }
}

/// When unused topics are looked for, and where. Each newcomer looks at a part of the table, so that none pays for all of it.
struct TopicCrowd {
    /// How many topics a newcomer looks at, about.
    static let share = 1_024

    private let limit: Int
    private let shards: Int
    /// The count beyond which the next round begins. Where few are found it rises with the table, so that a crowd of busy topics is not
    /// gone through again for each newcomer.
    private var threshold: Int
    private var nextShard = 0
    /// Shards that the round has still to look at; 0 between rounds.
    private var left = 0
    /// How many topics the round has still to find.
    private var wanted = 0

    init(limit: Int, shards: Int) {
        self.limit = limit
        self.shards = shards
        self.threshold = limit
    }

    /// A tenth of the limit, at least one.
    private var step: Int { max(1, self.limit / 10) }

    /// Begins a round where it is time: to bring the table down to a tenth below its limit, if so many topics are unused.
    mutating func grew(to count: Int) {
        guard self.left == 0, count > self.threshold else { return }
        self.left = self.shards
        self.wanted = count - self.limit + self.step
        self.threshold = count + self.step
    }

    /// - Returns: the shard to look at; nil where no round is under way.
    mutating func next() -> Int? {
        guard self.left > 0 else { return nil }
        self.left -= 1
        defer { self.nextShard = (self.nextShard + 1) % self.shards }
        return self.nextShard
    }

    /// - Parameters:
    ///   - freed: how many topics of a shard were let go.
    ///   - count: how many topics there are now.
    mutating func looked(freed: Int, count: Int) {
        self.wanted -= freed
        if self.wanted <= 0 { self.left = 0 }
        if self.left == 0 { self.threshold = max(self.limit, count + (self.wanted > 0 ? self.step : 0)) }
    }
}
