import RelayAccess
import Synchronization

/// Hashes by naming the password, and counts what it was asked.
final class CountingHasher: PasswordHashing {
    struct Counts: Hashable {
        var hashes = 0
        var verifications = 0
        var dummies = 0
    }

    private let state = Mutex(Counts())
    /// Whoever has found out about a password stands here before it goes on.
    let gate = Mutex<Gate?>(nil)
    /// What hashes begin with: another is a cost that was configured before.
    static let prefix = "plain:"

    var counts: Counts { self.state.withLock { $0 } }

    func reset() {
        self.state.withLock { $0 = Counts() }
    }

    func hash(_ password: String) async throws(AccessError) -> String {
        self.state.withLock { $0.hashes += 1 }
        return Self.prefix + password
    }

    func verify(_ password: String, against phc: String) async throws(AccessError) -> Bool {
        self.state.withLock { $0.verifications += 1 }
        await self.gate.withLock { $0 }?.pass()
        return phc == Self.prefix + password || phc == "old:" + password
    }

    func verifyDummy(_ password: String) async throws(AccessError) {
        self.state.withLock { $0.dummies += 1 }
    }

    func needsRehash(_ phc: String) -> Bool {
        !phc.hasPrefix(Self.prefix)
    }
}
