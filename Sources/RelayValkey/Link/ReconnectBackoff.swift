public import NIOCore

/// How long to wait before the next try: doubling, with jitter, so that many clients don't return at the same moment.
public struct ReconnectBackoff: Sendable {
    /// The shortest and the longest of these times, before jitter.
    public struct Limits: Sendable, Hashable {
        /// 50 ms unless told.
        public var first: TimeAmount
        /// 2 s unless told.
        public var longest: TimeAmount

        public init(first: TimeAmount = .milliseconds(50), longest: TimeAmount = .seconds(2)) {
            self.first = first
            self.longest = longest
        }
    }

    private let limits: Limits
    private var failures = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// - Parameter random: from 0 to 1.
    /// - Returns: between half of the step and the whole step.
    mutating func next(random: Double) -> TimeAmount {
        let doubled = self.limits.first.nanoseconds.multipliedReportingOverflow(by: 1 << min(self.failures, 40))
        let step = doubled.overflow ? self.limits.longest.nanoseconds : doubled.partialValue
        self.failures += 1
        let share = 0.5 + 0.5 * min(max(random, 0), 1)
        return .nanoseconds(Int64(Double(min(step, self.limits.longest.nanoseconds)) * share))
    }

    mutating func reset() {
        self.failures = 0
    }
}
