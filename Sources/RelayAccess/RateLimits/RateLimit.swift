/// So many requests in each window of time.
public struct RateLimit: Hashable, Sendable, CustomStringConvertible {
    /// Requests in a window; at least 1.
    public let count: Int
    /// How long a window is; at least 1.
    public let windowSeconds: Int64

    /// Values below 1 count as 1.
    public init(count: Int, windowSeconds: Int64) {
        self.count = max(1, count)
        self.windowSeconds = max(1, windowSeconds)
    }

    public static func perMinute(_ count: Int) -> RateLimit {
        RateLimit(count: count, windowSeconds: 60)
    }

    /// `5 per 1 minute`: in the largest unit that divides the window.
    public var description: String {
        let units: [(seconds: Int64, name: String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        for unit in units where self.windowSeconds.isMultiple(of: unit.seconds) {
            return "\(self.count) per \(self.windowSeconds / unit.seconds) \(unit.name)"
        }
        return "\(self.count) per \(self.windowSeconds) second"
    }
}
