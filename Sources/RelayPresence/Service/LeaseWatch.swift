import NIOCore
import RelayCore
import RelayWire

/// Which leases that are due have not been renewed for some time. A value; each relay has one.
///
/// Deadlines are told by one relay's wall clock and judged by another's, and these may differ by more than a lease. So a lease that is due is only
/// suspected at first. It has lapsed when it stays unrenewed for some time by this relay's own clock, which never jumps: whatever wall clocks say, a
/// relay that lives renews meanwhile.
struct LeaseWatch {
    private struct Suspect {
        /// Since when it is not known to be renewed.
        var since: NIODeadline
        /// The last look that has found it.
        var look: Int
    }

    private var suspects: [Deadline.Name: Suspect] = [:]
    private var look = 0

    /// What was not found in so many looks has been renewed, or removed.
    private static let rememberedLooks = 8

    /// Begins another look at what is due.
    mutating func beginLook() {
        self.look += 1
        let oldest = self.look - Self.rememberedLooks
        self.suspects = self.suspects.filter { $0.value.look >= oldest }
    }

    /// A lease was found to be due.
    ///
    /// - Parameter time: for how long it has to stay so.
    /// - Returns: whether it has lapsed.
    mutating func hasLapsed(_ deadline: Deadline, at now: NIODeadline, after time: TimeAmount) -> Bool {
        let known = self.suspects[deadline.name]
        let since = deadline.isRenewed ? now : known?.since ?? now
        self.suspects[deadline.name] = Suspect(since: since, look: self.look)
        return now - since >= time
    }

    mutating func forget(_ name: Deadline.Name) { self.suspects[name] = nil }
}

/// Leases are set by those who hold them, and again by those who have found them due: so that they can be told apart, the first end in 1 µs, and
/// the others with a whole millisecond.
extension Deadline {
    /// As who holds a lease sets it.
    static func renewed(_ name: Name, at time: Timestamp) -> Deadline {
        Deadline(name: name, at: Timestamp(microseconds: time.inMilliseconds.microseconds + 1))
    }

    /// As who has found it due sets it.
    static func suspected(_ name: Name, at time: Timestamp) -> Deadline {
        Deadline(name: name, at: time.inMilliseconds)
    }

    /// Whether who holds it has set it since somebody found it due last.
    fileprivate var isRenewed: Bool { self.at != self.at.inMilliseconds }
}
