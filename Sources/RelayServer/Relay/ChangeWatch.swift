import Logging
import RelayAccess
import RelayCore

/// Carries changes that were made on other relays to this one: users, tokens and topics are read again.
struct ChangeWatch: Sendable {
    private static let retryDelay = Duration.milliseconds(500)
    private static let topicsAtATime = 16
    /// Users and tokens of other relays are any number.
    private static let maxAccessChanges = 4096

    /// Nil where this relay has its store for itself.
    let store: (any SharedStore)?
    let broker: Broker
    let authenticator: Authenticator
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        guard let store = self.store else { return }
        // Revocations must not wait behind a crowd of topics.
        let accesses = WorkList<StoreChange>(limit: .init(maxItems: Self.maxAccessChanges, all: .everything))
        let topics = WorkList<StoreChange>()
        store.observeChanges { [broker] change in
            switch change {
            case .user, .token:
                accesses.insert(change)
            case .topic(let key):
                if broker.isResident(key) { topics.insert(change) }
            case .everything:
                accesses.insert(change)
                topics.insert(change)
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.run(accesses, width: 1) { await self.applyToAccess($0) } }
            group.addTask { await self.run(topics, width: Self.topicsAtATime) { await self.apply($0, of: topics) } }
        }
    }

    private func run(
        _ changes: WorkList<StoreChange>,
        width: Int,
        _ apply: @escaping @Sendable (StoreChange) async -> Bool
    ) async {
        let willRetry: @Sendable (Int) -> Void = { count in
            self.logger.warning(
                "changes could not be read from the store; the relay tries again",
                metadata: ["changes": "\(count)"]
            )
        }
        await changes.run(width: width, retryDelay: Self.retryDelay, willRetry: willRetry, apply)
    }

    private func applyToAccess(_ change: StoreChange) async -> Bool {
        switch change {
        case .user(let user): await self.authenticator.invalidate(user: user)
        case .token(let jti, let user): self.authenticator.invalidate(token: jti, of: user)
        case .everything:
            return await self.succeeds { () async throws in
                try await self.authenticator.resynchronize(at: self.broker.clock.now())
            }
        case .topic: break
        }
        return true
    }

    private func apply(_ change: StoreChange, of topics: WorkList<StoreChange>) async -> Bool {
        switch change {
        case .topic(let key):
            return await self.succeeds { () async throws in try await self.broker.topicsChanged([key]) }
        case .everything:
            topics.insert(self.broker.residentTopics.lazy.map(StoreChange.topic))
        case .user, .token: break
        }
        return true
    }

    private func succeeds(_ work: () async throws -> Void) async -> Bool {
        do {
            try await work()
            return true
        } catch {
            // There may be one for each topic in memory.
            self.logger.debug("a change could not be read from the store", metadata: ["error": "\(error)"])
            return false
        }
    }
}
