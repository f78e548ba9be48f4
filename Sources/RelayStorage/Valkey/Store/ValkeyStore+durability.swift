public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore {
    /// What topics may be set to. That there are replicas is found out by waiting for them.
    public var durabilities: [Durability] {
        self.waiting.syncError == nil ? [.stored, .replicated, .synced] : [.stored, .replicated]
    }

    /// What an append has to wait for; nil where the server's own answer is enough.
    func goal(of batch: AppendBatch) -> WaitGoal? {
        switch batch.tier {
        case .kept: self.goal(batch.durability)
        case .hot: nil
        }
    }

    /// - Parameter durability: nil for the store's own.
    func goal(_ durability: Durability?) -> WaitGoal? {
        switch durability ?? self.settings.durability {
        case .memory, .stored: nil
        case .replicated: .replicas
        case .synced: .disk
        }
    }

    public func confirm(_ entries: [IdempotencyEntry], as durability: Durability) async throws(StoreError) {
        guard let goal = self.goal(durability), let topic = entries.first?.topic else { return }
        let stream = self.layout.stream(topic)
        let reply = await withCheckedContinuation { continuation in
            self.runDurably(
                ConfirmScript.script,
                keys: entries.map { stream.mark($0.mark.key, $0.mark.index) },
                entries.map { .init($0.id.description) },
                until: goal
            ) { continuation.resume(returning: $0) }
        }
        guard try reply.get().integer == 1 else {
            throw StoreError(.outcomeUnknown, "what was stored under an idempotency key is gone")
        }
    }
}
