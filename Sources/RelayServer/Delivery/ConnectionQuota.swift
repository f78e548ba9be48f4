import RelayCore
import Synchronization

/// Counts open connections of each user, or of each address where nobody has said who it is, and holds each to the same bound.
final class ConnectionQuota: Sendable {
    /// One connection's place among its user's. It is taken for as long as this value exists. So no way to an end can forget to give it back,
    /// or give it back twice.
    struct Place: ~Copyable, Sendable {
        private let quota: ConnectionQuota
        private let name: String

        fileprivate init(_ quota: ConnectionQuota, _ name: String) {
            self.quota = quota
            self.name = name
        }

        deinit { self.quota.leave(self.name) }
    }

    private struct Counts {
        var byName: [String: Int] = [:]
        var all = 0
        var maxPerUser: Int
        var maxInAll: Int
    }

    private let counts: Mutex<Counts>

    init(maxPerUser: Int, maxInAll: Int = .max) {
        self.counts = Mutex(Counts(maxPerUser: maxPerUser, maxInAll: maxInAll))
    }

    var maxPerUser: Int { self.counts.withLock { $0.maxPerUser } }

    /// Who has more than that keeps them, and gets no further ones.
    func change(maxPerUser: Int) { self.counts.withLock { $0.maxPerUser = maxPerUser } }

    /// The same for all together.
    func change(maxInAll: Int) { self.counts.withLock { $0.maxInAll = maxInAll } }

    /// - Returns: nil, with nothing counted, where the user has as many as it may.
    func enter(_ user: UserID) -> Place? { self.enter(user.rawValue, upTo: self.maxPerUser) }

    /// - Parameter address: as ``ClientAddress/key(_:)`` has it.
    /// - Returns: nil, with nothing counted, where the address has as many as it may, or all have together.
    func enter(address: String) -> Place? { self.enter(address, upTo: self.maxPerUser) }

    /// For those who are exempt from the bound of an address.
    ///
    /// - Returns: nil, with nothing counted, where all together have as many as they may.
    func enter() -> Place? { self.enter("", upTo: .max) }

    private func enter(_ name: String, upTo most: Int) -> Place? {
        let isAdmitted = self.counts.withLock { counts in
            guard counts.all < counts.maxInAll, counts.byName[name, default: 0] < most else { return false }
            counts.all += 1
            counts.byName[name, default: 0] += 1
            return true
        }
        return isAdmitted ? Place(self, name) : nil
    }

    private func leave(_ name: String) {
        self.counts.withLock { counts in
            guard let count = counts.byName[name] else { return }
            counts.all -= 1
            counts.byName[name] = count > 1 ? count - 1 : nil
        }
    }

    var total: Int { self.counts.withLock { $0.all } }
}
