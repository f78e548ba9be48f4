public import RelayWire

/// Keeping within bounds over time.
extension Broker {
    /// What the broker holds now, for metrics.
    public struct Statistics: Hashable, Sendable {
        /// Topics in memory.
        public var residentTopics: Int
        /// ``Message/memoryCost`` of the messages in memory, all topics together.
        public var hotBytes: Int
        /// Bytes of messages that were answered as `memory`, and are not stored yet.
        public var unstoredBytes: Int
        /// How many messages that were answered as `memory` the store did not take so far, or broke off at.
        public var lostMessages: Int
    }

    /// Cheap, from any thread; the numbers are of moments close to each other.
    public var statistics: Statistics {
        Statistics(
            residentTopics: self.table.count,
            hotBytes: self.memory.bytes(in: .hotTier),
            unstoredBytes: self.unstored.bytes,
            lostMessages: self.unstored.lost
        )
    }

    /// Waits for messages that were answered as `memory`, before the store is closed.
    ///
    /// - Parameter completion: called once, on any thread, when the store has taken or refused all of them.
    public func whenNothingIsUnstored(_ completion: @escaping @Sendable () -> Void) {
        self.unstored.whenNone(completion)
    }

    /// Lets the store remove what no retention covers any more. To be called every minute or so.
    ///
    /// - Parameter moment: what is too old then goes; nil for the wall clock's now.
    /// - Throws: where the store can't now: call again next time.
    public func sweep(at moment: Timestamp? = nil) async throws(StoreError) {
        let now = moment ?? self.clock.now()
        let retention = self.catalog.retention(configured: self.limitsInForce.retention)
        var trimmed = try await self.store.sweep(at: now, retention: retention)
        if self.hasHotStore {
            trimmed.merge(try await self.streams(of: .hot).sweep(at: now, retention: retention)) { $1 }
        }
        for (key, bounds) in trimmed {
            guard let topic = self.table.find(key) else { continue }
            if self.feed == nil {
                topic.trimmed(to: bounds)
            } else {
                self.take(topic.grew(StreamGrowth(upTo: bounds)), topic)
            }
        }
    }
}
