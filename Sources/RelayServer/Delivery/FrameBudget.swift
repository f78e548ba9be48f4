import NIOCore

/// How many frames of a sort a client may send: a stock that grows with time, and with what the client is sent.
struct FrameBudget {
    struct Rate {
        /// What a client has at first, and at most when nothing is sent to it.
        let stock: Int
        /// What it has at most.
        let most: Int
        let perSecond: Int

        /// Of frames that ask for nothing.
        static let idle = Rate(stock: 1_000, most: 10_000, perSecond: 200)
        /// Of frames that bring next to nothing. What waits of them takes about 100 bytes each. At this rate a connection takes 2.5 % of a core in a
        /// build that is not optimised; at 2,000 a second it took 7 %.
        static let small = Rate(stock: 20_000, most: 40_000, perSecond: 500)

        /// Of streams of HTTP/3 and of the QUIC relay that come to nothing: as many as the library grants those of HTTP/2.
        static let resets = Rate(stock: 200, most: 200, perSecond: 7)
    }

    /// For each frame of data: an update of the stream's window, and one of the connection's.
    private static let perFrame = 2

    private let rate: Rate
    private var left: Int
    private var refilled: NIODeadline

    init(_ rate: Rate, at now: NIODeadline) {
        self.rate = rate
        self.left = rate.stock
        self.refilled = now
    }

    mutating func earn() { self.left = min(self.rate.most, self.left + Self.perFrame) }

    /// - Returns: false where nothing is left.
    mutating func spend(at now: NIODeadline) -> Bool {
        if self.left == 0 { self.refill(at: now) }
        guard self.left > 0 else { return false }
        self.left -= 1
        return true
    }

    private mutating func refill(at now: NIODeadline) {
        let seconds = (now - self.refilled).nanoseconds / 1_000_000_000
        guard seconds > 0 else { return }
        self.refilled = now
        self.left = min(self.rate.stock, Int(min(seconds, 60)) * self.rate.perSecond)
    }
}
