import Crypto
import RelayCore
import RelayWire
import Synchronization

/// One use of a proof that a key was signed with: no second one has the same name.
struct ProofUse: Hashable {
    let key: KeyThumbprint
    /// 16 bytes that tell the key's proofs apart.
    let name: [UInt8]
    let madeAt: Timestamp
    /// When the proof is none any more, used or not.
    let until: Timestamp

    init(of key: KeyThumbprint, named name: [UInt8], madeAt: Timestamp, until: Timestamp) {
        self.key = key
        self.name = Array(SHA256.hash(data: key.bytes + name).prefix(16))
        self.madeAt = madeAt
        self.until = until
    }
}

/// Takes each proof once.
///
/// A relay remembers those that it has taken. Relays that share a store ask it too, so that none takes what another has taken. A relay that
/// shares none knows nothing of before it was started, and takes no proof that is older.
final class UsedProofs: Sendable {
    /// Takes a name for all relays: whether it is the first to.
    typealias Sharing = @Sendable (_ name: String) async throws(StoreError) -> Bool

    /// As many as one relay remembers at a time, some 100 bytes each.
    static let maximum = 100_000
    /// And of one key.
    static let maximumOfKey = 6000

    fileprivate struct Table {
        var names: Set<[UInt8]> = []
        var counts: [KeyThumbprint: Int] = [:]
        /// In the order of their uses.
        var order: [ProofUse] = []
        /// What of `order` is forgotten already.
        var forgotten = 0
    }

    private let table = Mutex(Table())
    private let sharing: Sharing?
    private let startedAt: Timestamp

    /// - Parameter sharing: nil where no other relay takes the same proofs.
    init(sharing: Sharing?, startedAt: Timestamp) {
        self.sharing = sharing
        self.startedAt = startedAt
    }

    /// - Returns: false where it was taken before, or may have been, or the relay remembers as many as it can.
    func take(_ use: ProofUse, at now: Timestamp) async throws(StoreError) -> Bool {
        // A proof tells its moment in whole seconds.
        guard self.sharing != nil || use.madeAt.unixSeconds >= self.startedAt.unixSeconds else { return false }
        guard self.table.withLock({ $0.take(use, at: now) }) else { return false }
        guard let sharing = self.sharing else { return true }
        return try await sharing(Sodium.hexadecimal(use.name))
    }
}

extension UsedProofs.Table {
    fileprivate mutating func take(_ use: ProofUse, at now: Timestamp) -> Bool {
        self.forget(at: now)
        let count = self.counts[use.key, default: 0]
        guard self.names.count < UsedProofs.maximum, count < UsedProofs.maximumOfKey,
            self.names.insert(use.name).inserted
        else { return false }
        self.counts[use.key] = count + 1
        self.order.append(use)
        return true
    }

    /// Each at most two lifetimes after its use: those before it may be good for longer.
    private mutating func forget(at now: Timestamp) {
        while self.forgotten < self.order.count {
            let oldest = self.order[self.forgotten]
            // One by a clock that was set back since is good for longer than any can be, and is taken no more.
            let latest = now.adding(seconds: 2 * RequestProof.lifetimeSeconds)
            guard oldest.until <= now || oldest.until > latest else { break }
            self.names.remove(oldest.name)
            let left = self.counts[oldest.key, default: 1] - 1
            self.counts[oldest.key] = left > 0 ? left : nil
            self.forgotten += 1
        }
        guard self.forgotten > 1024, self.forgotten * 2 > self.order.count else { return }
        self.order.removeFirst(self.forgotten)
        self.forgotten = 0
    }
}
