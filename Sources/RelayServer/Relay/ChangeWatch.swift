import Logging
import RelayAccess
import RelayCore

/// Carries changes that were made on other relays to this one: users, tokens and topics are read again.
struct ChangeWatch: Sendable {
    private static let retryDelay = Duration.milliseconds(500)

    /// Nil where this relay has its store for itself.
    let store: (any SharedStore)?
    let broker: Broker
    let authenticator: Authenticator
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        guard let store = self.store else { return }
        // Revocations must not wait behind a crowd of topics.
        let (accesses, accessChanges) = AsyncStream.makeStream(of: StoreChange.self)
        let (topics, topicChanges) = AsyncStream.makeStream(of: StoreChange.self)
        store.observeChanges { [broker] change in
            switch change {
            case .user, .token:
                accessChanges.yield(change)
            case .topic(let key):
                if broker.isResident(key) { topicChanges.yield(change) }
            case .everything:
                accessChanges.yield(change)
                topicChanges.yield(change)
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await change in accesses { await self.applyToAccess(change) } }
            group.addTask { for await change in topics { await self.applyToTopics(change) } }
        }
    }

    private func applyToAccess(_ change: StoreChange) async {
        switch change {
        case .user(let user): await self.authenticator.invalidate(user: user)
        case .token(let jti, let user): self.authenticator.invalidate(token: jti, of: user)
        case .everything:
            await self.untilDone { () async throws in
                try await self.authenticator.resynchronize(at: self.broker.clock.now())
            }
        case .topic: break
        }
    }

    private func applyToTopics(_ change: StoreChange) async {
        switch change {
        case .topic(let key): await self.untilDone { () async throws in try await self.broker.topicsChanged([key]) }
        case .everything:
            await self.untilDone { () async throws in try await self.broker.topicsChanged(self.broker.residentTopics) }
        case .user, .token: break
        }
    }

    private func untilDone(_ work: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                return try await work()
            } catch {
                self.logger.warning("a change could not be read from the store", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: Self.retryDelay)
            }
        }
    }
}
