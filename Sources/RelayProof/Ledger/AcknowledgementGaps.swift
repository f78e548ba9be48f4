/// The longest time without an acknowledgement while messages are published. Moments are in nanoseconds since the run began.
public struct AcknowledgementGaps: Sendable, Hashable {
    private var last: Int64?
    /// Nanoseconds; 0 before there are two moments to lie between.
    public private(set) var longest: Int64 = 0

    /// Publishing begins.
    mutating func began(at time: Int64) {
        self.last = time
    }

    /// Also call it when publishing ends: the time since the last acknowledgement counts.
    mutating func acknowledged(at time: Int64) {
        if let last { self.longest = max(self.longest, time - last) }
        self.last = max(self.last ?? time, time)
    }
}
