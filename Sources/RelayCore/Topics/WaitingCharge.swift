/// What of a topic's waiting drafts is charged to the ledger: in steps, so that few of many small publishes cost a charge. Owned by the topic's
/// lock.
struct WaitingCharge {
    /// Bytes. So many a topic may have waiting uncharged.
    static let step = 4 << 10

    private var charged = 0

    /// - Parameter waiting: bytes that would wait.
    /// - Returns: false where the ledger has no room for them.
    mutating func grow(to waiting: Int, _ memory: MemoryLedger) -> Bool {
        let needed = Self.needed(waiting)
        guard needed > self.charged else { return true }
        guard memory.charge(needed - self.charged, to: .waiting) else { return false }
        self.charged = needed
        return true
    }

    /// - Parameter waiting: bytes that still wait.
    mutating func shrink(to waiting: Int, _ memory: MemoryLedger) {
        let needed = Self.needed(waiting)
        guard needed < self.charged else { return }
        memory.release(self.charged - needed, from: .waiting)
        self.charged = needed
    }

    private static func needed(_ waiting: Int) -> Int { waiting / Self.step * Self.step }
}
