import NIOCore
public import RelayCore
public import RelayWire
import Synchronization

extension MemoryStore: MessageStore {
    public var durability: Durability { .memory }

    public func append(
        _ batch: AppendBatch,
        completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void
    ) {
        completion(Result { () throws(StoreError) in try self.store(batch) })
    }

    public func read(
        _ request: ReadRequest,
        completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void
    ) {
        completion(Result { () throws(StoreError) in try self.page(request) })
    }

    public func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome {
        try self.checkOpen()
        let cost = snapshot.payload.readableBytes
        guard cost <= self.maxBytes else {
            throw StoreError(.full, "a snapshot of \(cost) bytes exceeds the bound of \(self.maxBytes)")
        }
        var isPut = false
        let bounds = self.withLog(of: snapshot.topic) { isPut = $0.put(snapshot) }
        guard isPut, let bounds else { return .outdated }
        self.evictIfNeeded(sparing: snapshot.topic)
        return .stored(bounds)
    }

    public func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        try self.checkOpen()
        return self.storedBounds(of: topic)
    }

    public func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        try self.checkOpen()
        return self.idempotency.withLock { $0.entries(for: key, at: now) }
    }

    func storedBounds(of topic: TopicKey) -> StreamBounds {
        self.shard(of: topic).logs.withLock { $0[topic]?.bounds } ?? StreamBounds()
    }

    private func page(_ request: ReadRequest) throws(StoreError) -> StoredPage {
        try self.checkOpen()
        let page = self.shard(of: request.topic).logs.withLock { $0[request.topic]?.page(request) }
        return page ?? StoredPage(messages: [], hasMore: false, bounds: StreamBounds())
    }
}

// MARK: - Appending

extension MemoryStore {
    private func store(_ batch: AppendBatch) throws(StoreError) -> AppendReceipt {
        try self.checkOpen()
        try self.checkSize(of: batch)
        let receipt = self.storeInBounds(batch)
        self.evictIfNeeded(sparing: batch.topic)
        return receipt
    }

    /// - Throws: `full` where nothing that could go would make room for it.
    func checkSize(of batch: AppendBatch) throws(StoreError) {
        let cost = batch.memoryCost
        guard cost <= self.maxBytes else {
            throw StoreError(.full, "a batch of \(cost) bytes exceeds the bound of \(self.maxBytes)")
        }
    }

    /// All topics together may be too large after it: see ``evictIfNeeded(sparing:)``, which takes locks of its own.
    func storeInBounds(_ batch: AppendBatch) -> AppendReceipt {
        batch.drafts.contains { $0.idempotency != nil } ? self.storeMarked(batch) : self.storeUnmarked(batch)
    }

    /// Not to be called under a lock.
    func evictIfNeeded(sparing topic: TopicKey) {
        if self.usedBytes.load(ordering: .relaxed) > self.maxBytes { self.evictLargest(sparing: topic) }
    }

    private func storeUnmarked(_ batch: AppendBatch) -> AppendReceipt {
        self.withLog(of: batch) { log in
            batch.drafts.indices.map { log.append(batch.drafts[$0], replacing: batch.compactionKey(of: $0)) }
        }
    }

    /// The table is held throughout, so that of two attempts with one key on two topics one is the repeat.
    private func storeMarked(_ batch: AppendBatch) -> AppendReceipt {
        self.withIdempotency { table in
            self.withLog(of: batch) { log in
                batch.drafts.indices.map { index in
                    let (draft, key) = (batch.drafts[index], batch.compactionKey(of: index))
                    guard let mark = draft.idempotency else { return log.append(draft, replacing: key) }
                    if let first = table.entry(mark, at: draft.timestamp) {
                        return StoredDraft(id: first.id, timestamp: first.timestamp, isRepeat: true)
                    }
                    let stored = log.append(draft, replacing: key)
                    let entry = IdempotencyEntry(
                        mark: mark,
                        topic: batch.topic,
                        id: stored.id,
                        timestamp: stored.timestamp
                    )
                    table.insert(entry, at: draft.timestamp)
                    return stored
                }
            }
        }
    }

    /// Runs `change` on what is remembered of idempotency keys, and accounts for the difference.
    func withIdempotency<Value: Sendable>(_ change: (inout IdempotencyTable) -> Value) -> Value {
        self.idempotency.withLock { table in
            let bytesBefore = table.bytes
            defer { self.usedBytes.add(table.bytes - bytesBefore, ordering: .relaxed) }
            return change(&table)
        }
    }

    /// Runs `append` on the topic's log, trims the log to its bounds, and accounts for the difference.
    private func withLog(of batch: AppendBatch, _ append: (inout TopicLog) -> [StoredDraft]) -> AppendReceipt {
        self.shard(of: batch.topic).logs.withLock { logs in
            self.update(&logs[batch.topic, default: TopicLog()], with: batch, append)
        }
    }

    private func update(
        _ log: inout TopicLog,
        with batch: AppendBatch,
        _ append: (inout TopicLog) -> [StoredDraft]
    ) -> AppendReceipt {
        let (bytesBefore, countBefore) = (log.bytes, log.bounds.count)
        let stored = append(&log)
        let added = log.bounds.count - countBefore
        log.trim(toCount: batch.retention.maxMessages)
        let excess = self.usedBytes.load(ordering: .relaxed) + log.bytes - bytesBefore - self.maxBytes
        if excess > 0 { log.free(excess, keeping: max(1, added)) }
        self.usedBytes.add(log.bytes - bytesBefore, ordering: .relaxed)
        return AppendReceipt(stored: stored, bounds: log.bounds)
    }
}
