public import RelayCore
import Synchronization

extension MemoryStore: StreamTransferStore {
    /// In the order of their keys.
    public func streams(after place: String?, limit: Int) async throws(StoreError) -> StreamListing {
        try self.checkOpen()
        var keys = SortedTexts()
        for shard in self.shards {
            for key in shard.logs.withLock({ Array($0.keys) }) { keys.insert(key.description) }
        }
        let limit = max(1, limit)
        let page = keys.page(limit, after: place)
        return StreamListing(
            entries: page.map { StreamListing.Entry(key: TopicKey(storedText: $0)) },
            next: page.count < limit ? nil : page.last
        )
    }

    public func importStream(_ part: StreamPart) async throws(StoreError) -> StreamImportOutcome {
        try self.checkOpen()
        guard part.memoryCost <= self.maxBytes else {
            throw StoreError(.full, "a part of \(part.memoryCost) bytes exceeds the bound of \(self.maxBytes)")
        }
        let outcome = self.shard(of: part.topic).logs.withLock { logs -> StreamImportOutcome in
            let known = logs[part.topic]?.bounds ?? StreamBounds()
            guard part.follows(known) else { return .unexpected(known) }
            logs[part.topic, default: TopicLog()].take(part)
            return .stored(logs[part.topic]?.bounds ?? StreamBounds())
        }
        if case .stored = outcome {
            self.usedBytes.add(part.memoryCost, ordering: .relaxed)
            self.evictIfNeeded(sparing: part.topic)
        }
        return outcome
    }
}
