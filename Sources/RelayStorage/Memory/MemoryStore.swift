public import RelayCore
import RelayWire
import Synchronization

/// Everything in memory: gone when the process ends, and bounded.
///
/// Calls finish before they return, and completions are called inline, outside every lock. Each concern has a short lock
/// of its own; streams are spread over several, so that publishers to different topics rarely meet. Locks nest in one
/// order only: accounts, topics, idempotency, one shard.
public final class MemoryStore: Sendable {
    /// The bound for all messages together, unless told: 512 MiB.
    public static let defaultMaxBytes = 512 << 20

    /// A power of two.
    private static let shardCount = 32

    /// Messages' ``Message/memoryCost`` in bytes, over all topics, and what is remembered of idempotency keys.
    let maxBytes: Int
    let usedBytes = Atomic<Int>(0)
    let shards: [LogShard]
    /// Held while room is made in other topics, so that one publisher at a time looks for the largest.
    let eviction = Mutex<Void>(())
    let idempotency: Mutex<IdempotencyTable>
    let topicTable = Mutex(TopicTable())
    let accounts = Mutex(AccountTable())
    /// Held with no other.
    let pending = Mutex(PendingTable())
    /// Held with no other.
    let audit = Mutex(AuditTable())
    private let isClosed = Atomic<Bool>(false)

    /// - Parameters:
    ///   - maxBytes: the bound for all messages and idempotency keys together. At the bound the oldest messages of the topic that
    ///     is published to go first, then those of the largest topics; both count as trimmed. Idempotency keys take up to a quarter:
    ///     of more the oldest go, and are free before their window ends.
    public init(maxBytes: Int = MemoryStore.defaultMaxBytes) {
        self.maxBytes = maxBytes
        self.idempotency = Mutex(IdempotencyTable(maxBytes: maxBytes / 4))
        self.shards = (0..<Self.shardCount).map { _ in LogShard() }
    }

    func shard(of key: TopicKey) -> LogShard {
        self.shards[key.hashValue & (Self.shardCount - 1)]
    }

    func checkOpen() throws(StoreError) {
        guard !self.isClosed.load(ordering: .acquiring) else { throw StoreError(.unavailable, "the store is closed") }
    }
}

extension MemoryStore: StoreLifecycle {
    public func checkHealth() async throws(StoreError) {
        try self.checkOpen()
    }

    public func close() async {
        self.isClosed.store(true, ordering: .releasing)
    }
}

/// The streams whose keys fall to one lock.
final class LogShard: Sendable {
    let logs = Mutex<[TopicKey: TopicLog]>([:])
}
