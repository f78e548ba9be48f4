import DequeModule
import NIOCore
import RelayWire

/// What the wall clock says, as far as it is believed where things are deleted for their age.
///
/// A clock that was set forward by mistake makes everything look old. What was deleted for that does not come back when the clock is set
/// right. So a step forward counts once it has stood for an hour. A step back counts at once: it deletes nothing.
struct SettledClock {
    /// How far the wall clock is ahead of the time that passes.
    private struct Offset {
        let seenAt: NIODeadline
        let microseconds: Int64
    }

    private static let patience = TimeAmount.hours(1)

    /// Of the offsets of the last hour, those that are less than all that came after them. They are in the order in which they came, so the
    /// first is the least.
    private var offsets: Deque<Offset> = []

    /// - Returns: the earliest that the wall clock would say now, had it run on undisturbed from any moment of the last hour in which it
    ///   was read. What it says, at the first reading.
    mutating func read(wall: Timestamp, uptime: NIODeadline) -> Timestamp {
        let elapsed = Int64(uptime.uptimeNanoseconds / 1_000)
        let offset = wall.microseconds - elapsed
        while let last = self.offsets.last, last.microseconds >= offset { self.offsets.removeLast() }
        self.offsets.append(Offset(seenAt: uptime, microseconds: offset))
        while let first = self.offsets.first, first.seenAt + Self.patience < uptime { self.offsets.removeFirst() }
        return Timestamp(microseconds: elapsed + (self.offsets.first?.microseconds ?? offset))
    }
}
