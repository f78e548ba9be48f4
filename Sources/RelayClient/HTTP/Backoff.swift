/// Waits that double from `first` to `longest`. Each is shortened by a random part of up to one half, so that many
/// clients that were cut off together don't come back together.
public struct Backoff: Sendable, Hashable {
    /// The wait after the first failure, before it is shortened.
    public let first: Duration
    /// What waits grow to.
    public let longest: Duration

    /// Defaults: 1 s and 60 s. Negative values count as zero.
    public init(first: Duration = .seconds(1), longest: Duration = .seconds(60)) {
        self.first = max(.zero, first)
        self.longest = max(.zero, longest)
    }

    /// How long to wait before the next attempt.
    ///
    /// - Parameters:
    ///   - failures: how many attempts failed in a row, from 1.
    ///   - random: decides by how much the wait is shortened.
    /// - Returns: between half of the doubled wait and the whole of it.
    public func delay(afterFailures failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let whole = min(self.first * (1 << doublings), self.longest)
        return whole * Double.random(in: 0.5...1, using: &random)
    }
}
