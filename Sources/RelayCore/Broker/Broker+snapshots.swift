public import NIOCore
import RelayWire

extension Broker {
    /// Puts a snapshot into a topic's stream, for readers that come from before it: see ``StreamSnapshot``.
    ///
    /// - Parameters:
    ///   - payload: what stands for the message at the cursor and all before it.
    ///   - cursor: at a message, of whose history is made sure.
    /// - Throws: `store`. Then it may have been stored all the same, which does no harm.
    public func putSnapshot(
        _ payload: ByteBuffer,
        _ format: PayloadFormat,
        at cursor: Cursor,
        in key: TopicKey
    ) async throws(BrokerError) -> SnapshotOutcome {
        guard case .inEpoch(let epoch, after: let id) = cursor else { return .outdated }
        return try await self.reading { () async throws(StoreError) in
            let bounds = try await self.topic(key).bounds
            guard bounds.epoch.id == epoch else { return .outdated }
            return try await self.store.putSnapshot(
                StreamSnapshot(
                    topic: key,
                    id: id,
                    payload: payload,
                    format: format,
                    known: bounds,
                    retention: self.catalog.behavior(of: key.name).retention(configured: self.limitsInForce.retention),
                    now: self.clock.now()
                )
            )
        }
    }
}
