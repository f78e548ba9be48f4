/// A moment, in microseconds since the Unix epoch (UTC, leap seconds ignored).
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public var milliseconds: UInt64 { UInt64(max(0, self.microseconds / 1000)) }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The moment `seconds` later; stops at the largest moment instead of overflowing.
    public func adding(seconds: Int64) -> Timestamp {
        let (span, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carried) = self.microseconds.addingReportingOverflow(span)
        guard !overflowed, !carried else { return Timestamp(microseconds: seconds < 0 ? .min : .max) }
        return Timestamp(microseconds: sum)
    }
}
