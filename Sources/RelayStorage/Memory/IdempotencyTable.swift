import DequeModule
import RelayCore
import RelayWire

/// What was stored under which idempotency mark: a value, owned by its store's lock.
///
/// It has two bounds. Its window is one, since every insert forgets up to two expired entries. The other is `maxBytes`: beyond it the oldest
/// entries go, and their keys are free early.
struct IdempotencyTable {
    private struct Expiry {
        let key: IdempotencyKey
        let index: Int
        let at: Timestamp
    }

    /// What an entry costs with its share of the tables, in bytes. Its topic's name is the topic's own.
    static let entryBytes = 384

    private let maxBytes: Int
    /// Ascending by index.
    private var entries: [IdempotencyKey: [IdempotencyEntry]] = [:]
    /// One for each insert, in order; windows are of one length, so this is the order of expiry too.
    private var expiries: Deque<Expiry> = []

    /// - Parameter maxBytes: at least one entry is kept, however little it is.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// What the entries cost now.
    var bytes: Int { self.expiries.count * Self.entryBytes }

    func entry(_ mark: IdempotencyMark, at now: Timestamp) -> IdempotencyEntry? {
        guard let list = self.entries[mark.key] else { return nil }
        let place = list.place(of: mark.index)
        guard place < list.count, list[place].mark.index == mark.index, now < list[place].mark.expiresAt else {
            return nil
        }
        return list[place]
    }

    func entries(for key: IdempotencyKey, at now: Timestamp) -> [IdempotencyEntry] {
        self.entries[key]?.filter { now < $0.mark.expiresAt } ?? []
    }

    mutating func insert(_ entry: IdempotencyEntry, at now: Timestamp) {
        self.forgetExpired(at: now, atMost: 2)
        while self.bytes + Self.entryBytes > self.maxBytes, !self.expiries.isEmpty { self.forgetOldest() }
        self.entries[entry.mark.key, default: []].put(entry)
        self.expiries.append(Expiry(key: entry.mark.key, index: entry.mark.index, at: entry.mark.expiresAt))
    }

    mutating func sweep(at now: Timestamp) {
        self.forgetExpired(at: now, atMost: .max)
    }

    private mutating func forgetExpired(at now: Timestamp, atMost limit: Int) {
        var forgotten = 0
        while forgotten < limit, let oldest = self.expiries.first, oldest.at <= now {
            self.forgetOldest()
            forgotten += 1
        }
    }

    /// Where the entry was stored anew since, it stays: it has a later expiry of its own.
    private mutating func forgetOldest() {
        guard let oldest = self.expiries.popFirst(), var list = self.entries[oldest.key] else { return }
        list.removeAll { $0.mark.index == oldest.index && $0.mark.expiresAt <= oldest.at }
        self.entries[oldest.key] = list.isEmpty ? nil : list
    }
}

extension [IdempotencyEntry] {
    /// Where the entry of that index is, or belongs.
    fileprivate func place(of index: Int) -> Int {
        var (low, high) = (0, self.count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].mark.index < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate mutating func put(_ entry: IdempotencyEntry) {
        let place = self.place(of: entry.mark.index)
        if place < self.count, self[place].mark.index == entry.mark.index {
            self[place] = entry
        } else {
            self.insert(entry, at: place)
        }
    }
}
