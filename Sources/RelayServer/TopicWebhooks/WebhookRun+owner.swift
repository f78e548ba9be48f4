import RelayAccess
import RelayCore
import Synchronization

/// For whom it delivers.
extension WebhookRun {
    private static let otherPassword = "Its user has another password since: it goes on once it is revived"

    /// The webhook's user, as the user is now.
    ///
    /// - Returns: nil where nothing can be delivered for the user.
    func owner() async throws(AccessError) -> Principal? {
        guard let account = try await self.account() else {
            self.end(.removed)
            return nil
        }
        switch account.standing {
        case .active, .inactive:
            // Also of who is shut out: a password that changes meanwhile is not to be taken for the one by which the webhook was made.
            guard try await self.isOfPassword(of: account), account.standing == .active else { return nil }
            let principal = account.principal
            return principal.permissions.contains(.read) ? principal : nil
        case .deleted:
            self.end(.removed)
            return nil
        case .unknown: throw AccessError(.unavailable)
        }
    }

    private func account() async throws(AccessError) -> Account? {
        if let known = self.state.withLock({ $0.account }), known.standing == .active { return known }
        let account = try await self.services.authenticator.account(of: self.webhook.user)
        self.state.withLock { $0.account = account }
        return account
    }

    /// Whether its user has the password by which it was made, or revived last. It ends where the user has another since: whoever knew the old
    /// one may have made it.
    private func isOfPassword(of account: Account) async throws(AccessError) -> Bool {
        let current = account.generation
        let known = self.state.withLock(\.health.generation)
        let generation = if let known { known } else { try await self.adopt(current) }
        guard generation <= current else {
            // Another relay knows the password already.
            await self.services.authenticator.invalidate(user: self.webhook.user)
            throw AccessError(.unavailable)
        }
        if generation < current { self.end(.paused(Self.otherPassword)) }
        return generation == current
    }

    /// Takes the password that its user has for the one by which it was made: an older relay has made it. Nothing is delivered before that is
    /// stored, so the next run does not take a newer one.
    ///
    /// - Returns: the generation that holds from now on.
    private func adopt(_ current: Int64) async throws(AccessError) -> Int64 {
        var health = self.state.withLock(\.health)
        health.generation = health.generation ?? current
        let isStored: Bool
        do throws(StoreError) {
            isStored = try await self.services.store.recordHealth(
                health,
                ofWebhook: self.webhook.id,
                revision: self.webhook.revision
            )
        } catch {
            throw AccessError(error)
        }
        // Else it was paused or revived meanwhile: the run that follows knows more.
        guard isStored else { throw AccessError(.unavailable) }
        return self.state.withLock { state -> Int64 in
            let generation = state.health.generation ?? current
            state.health.generation = generation
            return generation
        }
    }

    /// Ends it, soon, unless it has ended.
    func end(_ end: End) {
        self.state.withLock { $0.end = $0.end ?? end }
    }
}
