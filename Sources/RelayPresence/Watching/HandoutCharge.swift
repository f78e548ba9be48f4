import RelayCore

/// What hand-outs that are kept for others are charged with. Lives on its loop.
final class HandoutCharge {
    private let memory: MemoryLedger
    private var bytes = 0
    private var hasEnded = false

    init(_ memory: MemoryLedger) {
        self.memory = memory
    }

    /// More is held. It was asked for already, and can't be refused.
    func add(_ bytes: Int) {
        guard !self.hasEnded else { return }
        self.bytes += bytes
        self.memory.add(bytes, to: .presence)
    }

    /// Nobody keeps it any more.
    func end() {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.memory.release(self.bytes, from: .presence)
    }
}
