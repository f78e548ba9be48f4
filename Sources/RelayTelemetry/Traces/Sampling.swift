import NIOCore

/// Which requests are recorded.
///
/// A request that comes with a trace follows it: what its sender records is recorded here too. Of the others a share is, drawn by chance.
/// Anybody may say that they record, so a bound on the number a second holds for both.
public struct Sampling: Hashable, Sendable {
    /// Of requests that come without a trace, 0 to 1.
    public var ratio: Double
    /// Traces that may begin here each second, those of others included; at least 1.
    public var maxPerSecond: Int

    /// - Parameters:
    ///   - ratio: of requests that come without a trace, 0 to 1.
    ///   - maxPerSecond: how many are recorded at most, whoever asks.
    public init(ratio: Double, maxPerSecond: Int) {
        self.ratio = ratio
        self.maxPerSecond = maxPerSecond
    }

    /// Whether a request is to be recorded, as far as it goes without the bound.
    ///
    /// - Parameters:
    ///   - parent: the trace that it came with; nil for none.
    ///   - ratio: see ``ratio``.
    ///   - draw: any number, each as likely as the others.
    static func wants(_ parent: TraceContext?, ratio: Double, _ draw: @autoclosure () -> UInt64) -> Bool {
        if let parent { return parent.isSampled }
        guard ratio > 0 else { return false }
        // The upper 53 bits are all that a double holds.
        return Double(draw() >> 11) < ratio * 0x1p53
    }
}

/// Bounds how many traces begin: a bucket that holds one second's worth.
struct SamplingBudget {
    private let perSecond: Int
    private var left: Double
    private var last: NIODeadline

    init(perSecond: Int, now: NIODeadline) {
        self.perSecond = perSecond
        self.left = Double(perSecond)
        self.last = now
    }

    /// - Returns: whether one more may begin; it is counted then.
    mutating func take(at now: NIODeadline) -> Bool {
        if now > self.last {
            let seconds = Double((now - self.last).nanoseconds) / 1e9
            self.left = min(Double(self.perSecond), self.left + seconds * Double(self.perSecond))
            self.last = now
        }
        guard self.left >= 1 else { return false }
        self.left -= 1
        return true
    }
}
