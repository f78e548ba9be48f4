import NIOHTTP1
import RelayAccess
import RelayCore
import Synchronization

/// Counts the topics that each user follows, over all connections and transports. Holds each user to the same bound, and charges what the
/// readers take to the ledger.
final class SubscriptionQuota: Sendable {
    /// Why a connection may follow no more topics.
    enum Refusal: Hashable {
        /// The user follows as many as it may.
        case tooMany
        /// There is no room for what readers hold.
        case overloaded

        /// What a client is told, over every protocol.
        var text: String {
            switch self {
            case .tooMany: "Too many subscriptions"
            case .overloaded: BrokerError.overloaded.clientText
            }
        }

        /// In HTTP.
        var reply: Reply {
            switch self {
            case .tooMany: Reply(.tooManyRequests, detail: self.text)
            case .overloaded: Reply(BrokerError.overloaded)
            }
        }
    }

    /// One connection's subscriptions among its user's: taken for as long as it exists, so that no way to an end can forget to give them
    /// back, or give them back twice.
    struct Share: ~Copyable {
        private let quota: SubscriptionQuota
        private let load: UserLoad
        private var count = 0

        fileprivate init(_ quota: SubscriptionQuota, _ load: UserLoad) {
            self.quota = quota
            self.load = load
        }

        /// - Returns: why none of them is taken; nil where all are.
        mutating func add(_ more: Int) -> Refusal? {
            guard self.load.subscribe(more, within: self.quota.maxPerUser) else { return .tooMany }
            guard self.quota.memory.charge(more * SubscriptionQuota.bytesPerTopic, to: .readers) else {
                self.load.unsubscribe(more)
                return .overloaded
            }
            self.quota.all.add(more, ordering: .relaxed)
            self.count += more
            return nil
        }

        mutating func remove(_ fewer: Int) {
            self.giveBack(fewer)
            self.count -= fewer
        }

        mutating func removeAll() {
            self.remove(self.count)
        }

        private func giveBack(_ count: Int) {
            guard count > 0 else { return }
            self.load.unsubscribe(count)
            self.quota.memory.release(count * SubscriptionQuota.bytesPerTopic, from: .readers)
            self.quota.all.subtract(count, ordering: .relaxed)
        }

        deinit { self.giveBack(self.count) }
    }

    /// About what a reader of one topic takes: itself, its place among the topic's readers, and in its connection's tables.
    static let bytesPerTopic = 512

    let maxPerUser: Int
    private let memory: MemoryLedger
    private let all = Atomic<Int>(0)

    init(maxPerUser: Int, memory: MemoryLedger) {
        self.maxPerUser = maxPerUser
        self.memory = memory
    }

    /// Of a connection of the user's, with none yet.
    func share(of account: Account) -> Share { Share(self, account.load) }

    /// Of all users.
    var total: Int { self.all.load(ordering: .relaxed) }
}
