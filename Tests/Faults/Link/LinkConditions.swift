import NIOCore

/// What becomes of the bytes between a relay and its Valkey.
struct LinkConditions: Sendable {
    /// Each way.
    var latency = TimeAmount.zero
    /// Added to the latency, from nothing to this much.
    var jitter = TimeAmount.zero
    /// Of each connection, each way; nil for as fast as it goes.
    var bytesPerSecond: Int?
    /// Whether what is published never reaches subscribers, though all else does.
    var losesNews = false
    /// Whether new connections are let through; if not, they end at once.
    var isOpen = true
}

/// When bytes that come now have passed. Bytes never overtake each other.
struct LinkPace {
    private var sent = NIODeadline.uptimeNanoseconds(0)
    private var passed = NIODeadline.uptimeNanoseconds(0)

    /// - Parameter random: from 0 to 1.
    mutating func pass(_ bytes: Int, _ conditions: LinkConditions, now: NIODeadline, random: Double) -> NIODeadline {
        self.sent = max(self.sent, now)
        if let rate = conditions.bytesPerSecond {
            self.sent = self.sent + .nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(rate))
        }
        let jitter = TimeAmount.nanoseconds(Int64(Double(conditions.jitter.nanoseconds) * random))
        self.passed = max(self.passed, self.sent + conditions.latency + jitter)
        return self.passed
    }
}
