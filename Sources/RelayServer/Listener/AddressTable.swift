import NIOCore

/// Decides whether an address may open another connection: how many it has open, and how many it opens in a second.
///
/// Remembers an address for as long as it has a connection open, and to the end of the second of its last one.
struct AddressTable {
    /// 0 is no limit.
    struct Limits: Sendable {
        /// Connections open at a time.
        var open: Int
        /// New connections in a second.
        var perSecond: Int
    }

    private struct Entry {
        var open = 0
        /// Opened in `second`.
        var opened = 0
        var second: UInt64
    }

    /// Those who have more open than they may have them for as long as they are open.
    var limits: Limits
    private var entries: [String: Entry] = [:]
    /// Addresses that have closed their last connection in `second`.
    private var leaving: [String] = []
    private var second: UInt64 = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// How many addresses are remembered.
    var count: Int { self.entries.count }

    /// Counts a new connection.
    ///
    /// - Returns: why it is refused, and is not counted; nil where it is not.
    mutating func open(_ address: String, at now: NIODeadline) -> ConnectionRefusal? {
        self.forget(at: now)
        var entry = self.entries[address] ?? Entry(second: self.second)
        if entry.second != self.second {
            entry.second = self.second
            entry.opened = 0
        }
        if self.limits.open > 0, entry.open >= self.limits.open { return .tooManyOfAddress }
        if self.limits.perSecond > 0, entry.opened >= self.limits.perSecond { return .tooFast }
        entry.open += 1
        entry.opened += 1
        self.entries[address] = entry
        return nil
    }

    /// A connection that was counted is gone.
    mutating func close(_ address: String) {
        guard var entry = self.entries[address] else { return }
        entry.open -= 1
        self.entries[address] = entry
        if entry.open == 0 { self.leaving.append(address) }
    }

    private mutating func forget(at now: NIODeadline) {
        let second = now.uptimeNanoseconds / 1_000_000_000
        guard second != self.second else { return }
        self.second = second
        for address in self.leaving where self.entries[address]?.open == 0 { self.entries[address] = nil }
        self.leaving = []
    }
}
