import Synchronization

/// The one accounting of what the process holds for its clients.
///
/// Whoever holds bytes for a client charges them here before it takes them on, and releases exactly as many when it lets go. Numbers are
/// atomics without a lock; what they mean is decided by ``SheddingOrder``. A charge costs some tens of nanoseconds: it is made
/// for a body, a page or a flush, not for each message.
public final class MemoryLedger: Sendable {
    private final class Balance: Sendable {
        let bytes = Atomic<Int>(0)
        let refusals = Atomic<Int>(0)
    }

    /// How accounts are bounded, and which gives way first.
    public let order: SheddingOrder
    /// Says that the hot tier should give back, or connections have to be closed. One element stands for any number of charges.
    public let pressure: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let balances: [Balance]
    /// All but the hot tier's.
    private let others = Atomic<Int>(0)
    private let closings = Atomic<Int>(0)

    public init(limits: MemoryLimits = MemoryLimits()) {
        self.order = SheddingOrder(limits: limits)
        self.balances = MemoryAccount.allCases.map { _ in Balance() }
        (self.pressure, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks whether a client's bytes may be held. From any thread.
    ///
    /// - Parameters:
    ///   - bytes: 0 or more.
    ///   - account: any but `hotTier`.
    /// - Returns: false, with nothing charged and a refusal counted, where there is no room: tell the client in its own protocol.
    public func charge(_ bytes: Int, to account: MemoryAccount) -> Bool {
        let balance = self.balances[account.rawValue]
        // Charged first: two that ask for the last room at once can't both get it.
        let after = balance.bytes.add(bytes, ordering: .relaxed).newValue
        let total = self.others.add(bytes, ordering: .relaxed).newValue + self.hotTier
        let isAdmitted = self.order.admits(bytes, to: account, balance: after - bytes, total: total - bytes)
        if !isAdmitted {
            self.release(bytes, from: account)
            balance.refusals.add(1, ordering: .relaxed)
        }
        if self.isPressed(total) { self.signal.yield() }
        return isAdmitted
    }

    /// Counts what is held already and can't be refused any more: what a library has buffered, say. From any thread.
    ///
    /// - Parameter account: any but `hotTier`.
    public func add(_ bytes: Int, to account: MemoryAccount) {
        self.balances[account.rawValue].bytes.add(bytes, ordering: .relaxed)
        let total = self.others.add(bytes, ordering: .relaxed).newValue + self.hotTier
        if self.isPressed(total) { self.signal.yield() }
    }

    /// Ends what ``charge(_:to:)`` or ``add(_:to:)`` began. From any thread.
    public func release(_ bytes: Int, from account: MemoryAccount) {
        self.balances[account.rawValue].bytes.subtract(bytes, ordering: .relaxed)
        self.others.subtract(bytes, ordering: .relaxed)
    }

    /// Hands bytes from one account to another: a stranger has shown a valid token.
    ///
    /// - Returns: false, with the bytes still in `source`, where `destination` has no room.
    public func move(_ bytes: Int, from source: MemoryAccount, to destination: MemoryAccount) -> Bool {
        self.release(bytes, from: source)
        if self.charge(bytes, to: destination) { return true }
        self.add(bytes, to: source)
        return false
    }

    /// Bytes held now.
    public func bytes(in account: MemoryAccount) -> Int {
        self.balances[account.rawValue].bytes.load(ordering: .relaxed)
    }

    /// How many charges were refused so far.
    public func refusals(of account: MemoryAccount) -> Int {
        self.balances[account.rawValue].refusals.load(ordering: .relaxed)
    }

    /// Counts connections that were closed to make room. From any thread.
    public func noteClosed(_ connections: Int) {
        self.closings.add(connections, ordering: .relaxed)
    }

    /// How many connections were closed so far to make room.
    public var closedConnections: Int { self.closings.load(ordering: .relaxed) }

    /// Bytes held now by all accounts.
    public var total: Int { self.others.load(ordering: .relaxed) + self.hotTier }

    /// How many bytes of untaken answers have to go by closing connections.
    public var excess: Int { self.order.excess(total: self.total) }

    private var hotTier: Int { self.balances[MemoryAccount.hotTier.rawValue].bytes.load(ordering: .relaxed) }

    private func isPressed(_ total: Int) -> Bool {
        let hotTier = self.hotTier
        return self.order.excess(total: total) > 0 || hotTier > self.order.hotTierAllowance(others: total - hotTier)
    }

    // MARK: The hot tier

    /// What the hot tier may hold now.
    public var hotTierAllowance: Int { self.order.hotTierAllowance(others: self.others.load(ordering: .relaxed)) }

    /// Counts what a topic's hot tier has gained or, below zero, lost.
    ///
    /// - Returns: how much of it lies over the allowance, for the caller to drop again; 0 where there was room.
    ///
    /// Whoever adds answers for its own excess, so two that fill the last room at once can't both keep it.
    @discardableResult
    func addToHotTier(_ bytes: Int) -> Int {
        let after = self.balances[MemoryAccount.hotTier.rawValue].bytes.add(bytes, ordering: .relaxed).newValue
        return max(0, after - self.hotTierAllowance)
    }
}
