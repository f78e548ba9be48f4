/// Last clocks of clients that are gone. The oldest make room for others.
struct KeptClocks: Sendable {
    private struct Kept: Sendable {
        let clock: UInt64
        /// Rises with each that is kept.
        let turn: UInt64
    }

    private let bound: Int
    private var clocks: [UInt64: Kept] = [:]
    private var turn: UInt64 = 0

    init(bound: Int) {
        self.bound = bound
    }

    var count: Int { self.clocks.count }

    subscript(client: UInt64) -> UInt64? { self.clocks[client]?.clock }

    mutating func keep(_ client: UInt64, _ clock: UInt64) {
        self.turn += 1
        self.clocks[client] = Kept(clock: clock, turn: self.turn)
        if self.clocks.count > self.bound { self.makeRoom() }
    }

    mutating func remove(_ client: UInt64) {
        self.clocks[client] = nil
    }

    /// Drops an eighth at once, so that a flood of clients costs little for each.
    private mutating func makeRoom() {
        let oldest = self.clocks.sorted { $0.value.turn < $1.value.turn }.prefix(self.bound / 8 + 1)
        for (client, _) in oldest { self.clocks[client] = nil }
    }
}
