public import RelayCore
import Synchronization

/// The live accounts. Loads an account from the store when it is first asked for, with one read for all that ask at
/// once. Reads it again when told of a change.
///
/// Keeps no account alive: sessions do.
public final class AccountDirectory: Sendable {
    private typealias Outcome = Result<Account?, AccessError>
    /// Resumed with nil where its caller is to do the load.
    private typealias Waiter = CheckedContinuation<Outcome?, Never>

    private let store: any UserStore
    /// Owns every account's state: accounts are made and changed under this lock only. Never held over a store call.
    private let table: Mutex<AccountTable<Waiter>>

    /// - Parameter maximumWaiting: how many callers may load or wait at once. Beyond it they get `overloaded`.
    public init(store: any UserStore, maximumWaiting: Int = 10_000) {
        self.store = store
        self.table = Mutex(AccountTable(maximumWaiting: maximumWaiting))
    }

    /// - Returns: nil where there is no such user. That is not remembered: only a token that this relay signed gets here,
    ///   and ids are not used twice.
    public func account(_ id: UserID) async throws(AccessError) -> Account? {
        if let account = self.table.withLock({ $0.settled(id) }) { return account }
        let outcome = await withCheckedContinuation { (waiter: Waiter) in
            switch self.table.withLock({ $0.enter(id, waiter: waiter) }) {
            case .settled(let account): waiter.resume(returning: .success(account))
            case .load: waiter.resume(returning: nil)
            case .wait: break
            case .overloaded: waiter.resume(returning: .failure(AccessError(.overloaded)))
            }
        }
        guard let outcome else { return try await self.shieldedLoad(id).get() }
        return try outcome.get()
    }

    /// To be called after the store has a new state of the user, whoever wrote it.
    ///
    /// When it returns, the live account (if any) shows that state or a later one. If the store can't be read, the
    /// account's standing is unknown, and the next request reads it again.
    public func userChanged(_ id: UserID) async {
        let outcome = await withCheckedContinuation { (waiter: Waiter) in
            switch self.table.withLock({ $0.changed(id, waiter: waiter) }) {
            case .nothing: waiter.resume(returning: .success(nil))
            case .load: waiter.resume(returning: nil)
            case .wait: break
            }
        }
        guard outcome == nil else { return }
        _ = await self.shieldedLoad(id)
    }

    /// To be called where a change of the user may have gone unnoticed.
    ///
    /// When it returns, the live account (if any) shows the store's state.
    /// - Throws: where the store can't be read. The account then shows what it did, unless a change was told meanwhile.
    func userMayHaveChanged(_ id: UserID) async throws(AccessError) {
        let outcome = await withCheckedContinuation { (waiter: Waiter) in
            switch self.table.withLock({ $0.changed(id, isCertain: false, waiter: waiter) }) {
            case .nothing: waiter.resume(returning: .success(nil))
            case .load: waiter.resume(returning: nil)
            case .wait: break
            }
        }
        guard let outcome else { return _ = try await self.shieldedLoad(id).get() }
        _ = try outcome.get()
    }

    /// The users that have a live account.
    var liveUsers: [UserID] { self.table.withLock { $0.liveUsers } }

    /// A task of its own, awaited at once: the caller's cancellation (its client hung up, say) must not fail a load that
    /// others wait for.
    private func shieldedLoad(_ id: UserID) async -> Outcome {
        await Task { await self.load(id) }.value
    }

    /// Reads until a read was overtaken by no change. Waiters wait no longer than the store's own deadline allows.
    private func load(_ id: UserID) async -> Outcome {
        while true {
            let end = await self.read(id)
            switch end {
            case .again:
                continue
            case .finished(let account, let waiters):
                return self.finish(waiters, with: .success(account))
            case .failed(let waiters, let error):
                return self.finish(waiters, with: .failure(AccessError(error)))
            }
        }
    }

    private func read(_ id: UserID) async -> AccountTable<Waiter>.LoadEnd {
        do {
            let user = try await self.store.user(id)
            return self.table.withLock { $0.loadEnded(id, with: user) }
        } catch {
            return self.table.withLock { $0.loadFailed(id, error) }
        }
    }

    private func finish(_ waiters: [Waiter], with outcome: Outcome) -> Outcome {
        for waiter in waiters {
            waiter.resume(returning: outcome)
        }
        return outcome
    }
}
