import RelayAccess
import RelayCore
import Synchronization

/// Counts the topics that each user follows, over all connections and transports. Holds each user to the same bound, and charges what the
/// readers take to the ledger.
final class SubscriptionQuota: Sendable {
    /// Some of a user's subscriptions. They are taken for as long as this value exists, so no way to an end can forget to give them
    /// back, or give them back twice.
    struct Share: ~Copyable {
        private let quota: SubscriptionQuota
        private let load: UserLoad
        private var count: Int

        fileprivate init(_ quota: SubscriptionQuota, _ load: UserLoad, _ count: Int) {
            self.quota = quota
            self.load = load
            self.count = count
        }

        /// Takes over what another share of the same user has.
        mutating func absorb(_ other: consuming Share) {
            self.count += other.count
            other.count = 0
        }

        mutating func remove(_ fewer: Int) {
            self.quota.giveBack(fewer, of: self.load)
            self.count -= fewer
        }

        mutating func removeAll() {
            self.remove(self.count)
        }

        deinit { self.quota.giveBack(self.count, of: self.load) }
    }

    /// About what a reader of one topic takes: itself, its place among the topic's readers, and in its connection's tables.
    static let bytesPerTopic = 512

    private let maxPerUser: Atomic<Int>
    private let memory: MemoryLedger
    private let all = Atomic<Int>(0)

    init(maxPerUser: Int, memory: MemoryLedger) {
        self.maxPerUser = Atomic(maxPerUser)
        self.memory = memory
    }

    /// Who has more than that keeps them, and gets no further ones.
    func change(maxPerUser: Int) { self.maxPerUser.store(maxPerUser, ordering: .relaxed) }

    /// Takes subscriptions of a user's.
    ///
    /// - Parameter count: 0 or more; of 0 nothing is refused.
    /// - Throws: why none of them is taken.
    func take(_ count: Int, for account: Account) throws(JoinRefusal) -> Share {
        guard count > 0 else { return Share(self, account.load, 0) }
        guard account.load.subscribe(count, within: self.maxPerUser.load(ordering: .relaxed)) else {
            throw .tooManySubscriptions
        }
        guard self.memory.charge(count * Self.bytesPerTopic, to: .readers) else {
            account.load.unsubscribe(count)
            throw .overloaded
        }
        self.all.add(count, ordering: .relaxed)
        return Share(self, account.load, count)
    }

    private func giveBack(_ count: Int, of load: UserLoad) {
        guard count > 0 else { return }
        load.unsubscribe(count)
        self.memory.release(count * Self.bytesPerTopic, from: .readers)
        self.all.subtract(count, ordering: .relaxed)
    }

    /// Of all users.
    var total: Int { self.all.load(ordering: .relaxed) }
}
