import NIOCore

/// How a loop lets its lasting connections go when the relay stops: some in each step, so that the relays that their clients come to next are
/// not stormed.
struct DrainPace {
    /// Between two steps.
    static let step = TimeAmount.milliseconds(100)
    /// Fewer are let go sooner than the time that there is: so many a second are no storm.
    static let harmless = 100

    private var left: Int
    private var steps: Int

    /// - Parameters:
    ///   - count: how many there are on this loop.
    ///   - loops: as many loops do the same.
    ///   - spread: the time that there is. Zero: all go at once.
    init(of count: Int, on loops: Int, over spread: TimeAmount) {
        let needed = Int64(count * max(1, loops)) * 1_000 / Int64(Self.harmless)
        let milliseconds = min(max(0, spread.nanoseconds / 1_000_000), needed)
        self.left = count
        self.steps = max(1, Int(milliseconds / (Self.step.nanoseconds / 1_000_000)))
    }

    /// - Returns: how many go now; nil where none is left.
    mutating func next() -> Int? {
        guard self.left > 0 else { return nil }
        let count = self.steps <= 1 ? self.left : (self.left + self.steps - 1) / self.steps
        self.left -= count
        self.steps -= 1
        return count
    }
}

/// When a client had better come again whose relay stops: a moment that differs from client to client.
enum DrainHint {
    private static let span: UInt32 = 1_000

    /// In milliseconds.
    static func random() -> UInt32 { UInt32.random(in: 100...self.span) }

    /// A close frame has room for so much, in bytes.
    private static let maxReasonBytes = 123

    /// - Parameter alternate: where to; left out where it is too long for a close frame.
    static func reason(alternate: String?) -> String {
        let reason = "The relay is restarting, connect again in \(self.random()) ms"
        guard let alternate, reason.utf8.count + 4 + alternate.utf8.count <= self.maxReasonBytes else { return reason }
        return "\(reason) at \(alternate)"
    }
}
