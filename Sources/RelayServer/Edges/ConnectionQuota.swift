import RelayCore
import Synchronization

/// Counts open connections of each user, and holds each to the same bound.
final class ConnectionQuota: Sendable {
    let maxPerUser: Int
    private let counts = Mutex<[UserID: Int]>([:])

    init(maxPerUser: Int) {
        self.maxPerUser = maxPerUser
    }

    /// - Returns: false, with nothing counted, where the user has as many as it may.
    func enter(_ user: UserID) -> Bool {
        self.counts.withLock { counts in
            guard counts[user, default: 0] < self.maxPerUser else { return false }
            counts[user, default: 0] += 1
            return true
        }
    }

    func leave(_ user: UserID) {
        self.counts.withLock { counts in
            guard let count = counts[user] else { return }
            counts[user] = count > 1 ? count - 1 : nil
        }
    }

    var total: Int { self.counts.withLock { $0.values.reduce(0, +) } }
}
