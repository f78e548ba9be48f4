import RelayCore

/// Decides who loads an account, who waits for it, and what a load that has ended is worth.
///
/// A store read that began before a change may show the user as it was. A change during a load makes that load stale,
/// and it is repeated. So an account always shows a state that was read after the last announced change.
struct AccountTable<Waiter> {
    enum Entry {
        case settled(Account)
        /// The caller reads the store, and then calls ``loadEnded(_:with:)``.
        case load
        /// The waiter is kept, and gets the outcome of the load under way.
        case wait
        case overloaded
    }

    enum ChangeEntry {
        /// No live account, and none on its way: nobody can see the old state.
        case nothing
        case load
        case wait
    }

    enum LoadEnd {
        /// The user changed meanwhile: read again.
        case again
        /// Nil: there is no such user.
        case finished(Account?, [Waiter])
        case failed([Waiter], StoreError)
    }

    private struct Load {
        var isStale = false
        /// Whether the user is known to have changed, so that an account which can't be read shows nothing.
        var isCertain = false
        var waiters: [Waiter] = []
    }

    private struct WeakAccount {
        weak var account: Account?
        /// May outlive the account: a publish whose connection is gone.
        weak var load: UserLoad?
    }

    private let maximumWaiting: Int
    /// Loads under way and those that wait for them.
    private var waiting = 0
    private var loads: [UserID: Load] = [:]
    private var accounts: [UserID: WeakAccount] = [:]
    private var sweepsAtCount = Self.smallestSweep

    private static var smallestSweep: Int { 1024 }

    init(maximumWaiting: Int) {
        self.maximumWaiting = maximumWaiting
    }

    /// The live account, if its standing is known.
    func settled(_ id: UserID) -> Account? {
        guard let account = self.accounts[id]?.account, account.standing != .unknown else { return nil }
        return account
    }

    var liveUsers: [UserID] { self.accounts.filter { $0.value.account != nil }.map(\.key) }

    mutating func enter(_ id: UserID, waiter: Waiter) -> Entry {
        if let account = self.settled(id) { return .settled(account) }
        guard self.waiting < self.maximumWaiting else { return .overloaded }
        self.waiting += 1
        guard self.loads[id] == nil else {
            self.loads[id]?.waiters.append(waiter)
            return .wait
        }
        self.loads[id] = Load()
        return .load
    }

    /// The store holds a new state of the user, or may do so. Never refused: a change that isn't noticed would be a hole.
    ///
    /// - Parameter isCertain: whether it does.
    mutating func changed(_ id: UserID, isCertain: Bool = true, waiter: Waiter) -> ChangeEntry {
        if let load = self.loads[id] {
            self.waiting += 1
            self.loads[id]?.isStale = true
            self.loads[id]?.isCertain = load.isCertain || isCertain
            self.loads[id]?.waiters.append(waiter)
            return .wait
        }
        guard self.accounts[id]?.account != nil else { return .nothing }
        self.waiting += 1
        self.loads[id] = Load(isCertain: isCertain)
        return .load
    }

    /// - Parameter user: what the store said; nil where it has no such user.
    mutating func loadEnded(_ id: UserID, with user: User?) -> LoadEnd {
        guard self.loads[id]?.isStale != true else {
            self.loads[id]?.isStale = false
            return .again
        }
        let waiters = self.endLoad(id)
        if let account = self.accounts[id]?.account {
            account.become(user)
            return .finished(account, waiters)
        }
        return .finished(user.map { self.insert($0) }, waiters)
    }

    /// The store did not answer. What a live account shows is out of date if the user is known to have changed: then it shows nothing.
    mutating func loadFailed(_ id: UserID, _ error: StoreError) -> LoadEnd {
        if self.loads[id]?.isCertain == true { self.accounts[id]?.account?.becomeUnknown() }
        return .failed(self.endLoad(id), error)
    }

    private mutating func endLoad(_ id: UserID) -> [Waiter] {
        let waiters = self.loads.removeValue(forKey: id)?.waiters ?? []
        self.waiting -= 1 + waiters.count
        return waiters
    }

    private mutating func insert(_ user: User) -> Account {
        if self.accounts.count >= self.sweepsAtCount {
            self.accounts = self.accounts.filter { $0.value.load != nil }
            self.sweepsAtCount = max(Self.smallestSweep, 2 * self.accounts.count)
        }
        let load = self.accounts[user.id]?.load ?? UserLoad()
        let account = Account(user, load: load)
        self.accounts[user.id] = WeakAccount(account: account, load: load)
        return account
    }
}
