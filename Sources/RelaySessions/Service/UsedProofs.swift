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
    /// Of what is free, once half is taken, a key may have one part of so many. So keys that take all they can leave something for others.
    static let share = 64

    fileprivate struct Table {
        var names: Set<[UInt8]> = []
        var counts: [KeyThumbprint: Int] = [:]
        /// By the second in which they are over: at most two lifetimes of seconds.
        var ends: [Int64: [ProofUse]] = [:]
        /// The second of the last look for what is over.
        var lookedAt: Int64?
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
        return try await sharing(String(hexadecimal: use.name))
    }
}

extension UsedProofs.Table {
    fileprivate mutating func take(_ use: ProofUse, at now: Timestamp) -> Bool {
        self.forget(at: now)
        let count = self.counts[use.key, default: 0]
        guard count < self.mostOfKey, self.names.insert(use.name).inserted else { return false }
        self.counts[use.key] = count + 1
        self.ends[Self.end(of: use.until), default: []].append(use)
        return true
    }

    private var mostOfKey: Int {
        let free = UsedProofs.maximum - self.names.count
        return free > UsedProofs.maximum / 2 ? UsedProofs.maximumOfKey : free / UsedProofs.share
    }

    /// Each when it is over, whatever was taken before it.
    private mutating func forget(at now: Timestamp) {
        guard now.unixSeconds != self.lookedAt else { return }
        self.lookedAt = now.unixSeconds
        // One by a clock that was set back since is good for longer than any can be, and is taken no more.
        let latest = Self.end(of: now.adding(seconds: 2 * RequestProof.lifetimeSeconds))
        for end in self.ends.keys where end <= now.unixSeconds || end > latest {
            for use in self.ends.removeValue(forKey: end) ?? [] {
                self.names.remove(use.name)
                let left = self.counts[use.key, default: 1] - 1
                self.counts[use.key] = left > 0 ? left : nil
            }
        }
    }

    /// The first whole second in which what is good until then, and then too, is none any more.
    private static func end(of moment: Timestamp) -> Int64 { moment.unixSeconds + 1 }
}
