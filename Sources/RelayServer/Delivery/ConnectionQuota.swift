import RelayCore
import Synchronization

/// Counts open connections of each user, and holds each to the same bound.
final class ConnectionQuota: Sendable {
    /// One connection's place among its user's. It is taken for as long as this value exists. So no way to an end can forget to give it back,
    /// or give it back twice.
    struct Place: ~Copyable, Sendable {
        private let quota: ConnectionQuota
        private let user: UserID

        fileprivate init(_ quota: ConnectionQuota, _ user: UserID) {
            self.quota = quota
            self.user = user
        }

        deinit { self.quota.leave(self.user) }
    }

    let maxPerUser: Int
    private let counts = Mutex<[UserID: Int]>([:])

    init(maxPerUser: Int) {
        self.maxPerUser = maxPerUser
    }

    /// - Returns: nil, with nothing counted, where the user has as many as it may.
    func enter(_ user: UserID) -> Place? {
        let isAdmitted = self.counts.withLock { counts in
            guard counts[user, default: 0] < self.maxPerUser else { return false }
            counts[user, default: 0] += 1
            return true
        }
        return isAdmitted ? Place(self, user) : nil
    }

    private func leave(_ user: UserID) {
        self.counts.withLock { counts in
            guard let count = counts[user] else { return }
            counts[user] = count > 1 ? count - 1 : nil
        }
    }

    var total: Int { self.counts.withLock { $0.values.reduce(0, +) } }
}
