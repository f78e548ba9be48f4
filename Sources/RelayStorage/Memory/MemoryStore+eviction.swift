public import RelayCore
public import RelayWire
import Synchronization

extension MemoryStore {
    /// Makes room for a sixteenth of the bound at once, so that the walk over all topics is paid for by many appends.
    /// First goes what snapshots stand for. The newest message of every topic goes only where nothing else is left to go.
    ///
    /// - Parameter topic: was just appended to, and keeps its newest message in any case.
    func evictLargest(sparing topic: TopicKey) {
        self.eviction.withLock { _ in
            let goal = self.maxBytes - self.maxBytes / 16
            guard self.usedBytes.load(ordering: .relaxed) > self.maxBytes else { return }
            let largestFirst = self.logSizes().sorted { $0.bytes > $1.bytes }
            for keeping in [.max, 1, 0] {
                for (key, _) in largestFirst {
                    let excess = self.usedBytes.load(ordering: .relaxed) - goal
                    guard excess > 0 else { return }
                    self.free(excess, of: key, keeping: key == topic ? max(1, keeping) : keeping)
                }
            }
        }
    }

    private func logSizes() -> [(key: TopicKey, bytes: Int)] {
        self.shards.flatMap { shard in
            shard.logs.withLock { logs in logs.compactMap { $1.bytes > 0 ? ($0, $1.bytes) : nil } }
        }
    }

    private func free(_ bytes: Int, of topic: TopicKey, keeping: Int) {
        self.withLog(of: topic) { $0.free(bytes, keeping: keeping) }
    }

    /// Runs `change` on a log that exists, and accounts for the difference.
    ///
    /// - Returns: the bounds after it; nil where there is no such log.
    @discardableResult
    func withLog(of topic: TopicKey, _ change: (inout TopicLog) -> Void) -> StreamBounds? {
        self.shard(of: topic).logs.withLock { logs in
            guard let bytesBefore = logs[topic]?.bytes else { return nil }
            change(&logs[topic, default: TopicLog()])
            let log = logs[topic, default: TopicLog()]
            self.usedBytes.add(log.bytes - bytesBefore, ordering: .relaxed)
            return log.bounds
        }
    }
}

// MARK: - Sweeping

extension MemoryStore {
    public func sweep(
        at now: Timestamp,
        retention: RetentionRule
    ) async throws(StoreError) -> [TopicKey: StreamBounds] {
        try self.checkOpen()
        let cutoff = RetentionCutoff(at: now, retention: retention)
        self.withIdempotency { $0.sweep(at: now) }
        var trimmed: [TopicKey: StreamBounds] = [:]
        for shard in self.shards {
            let (aged, idle) = self.sweep(shard, at: now, cutoff: cutoff)
            trimmed.merge(aged) { $1 }
            for key in idle { self.forgetBounds(of: key, before: cutoff.boundsMilliseconds) }
        }
        return trimmed
    }

    private func sweep(
        _ shard: LogShard,
        at now: Timestamp,
        cutoff: RetentionCutoff
    ) -> (aged: [TopicKey: StreamBounds], idle: [TopicKey]) {
        shard.logs.withLock { logs in
            var aged: [TopicKey: StreamBounds] = [:]
            var idle: [TopicKey] = []
            var index = logs.startIndex
            while index < logs.endIndex {
                let bytesBefore = logs.values[index].bytes
                if logs.values[index].sweep(at: now, cutoff: cutoff, of: logs.keys[index]) {
                    aged[logs.keys[index]] = logs.values[index].bounds
                }
                self.usedBytes.add(logs.values[index].bytes - bytesBefore, ordering: .relaxed)
                if logs.values[index].isIdle(before: cutoff.boundsMilliseconds) { idle.append(logs.keys[index]) }
                index = logs.index(after: index)
            }
            return (aged, idle)
        }
    }

    private func forgetBounds(of topic: TopicKey, before milliseconds: UInt64) {
        self.topicTable.withLock { table in
            guard !table.contains(topic) else { return }
            self.shard(of: topic).logs.withLock { logs in
                guard logs[topic]?.isIdle(before: milliseconds) == true else { return }
                logs[topic] = nil
            }
        }
    }
}

extension TopicLog {
    fileprivate func isIdle(before milliseconds: UInt64) -> Bool {
        self.bounds.count == 0 && self.bounds.last.milliseconds < milliseconds
    }
}
