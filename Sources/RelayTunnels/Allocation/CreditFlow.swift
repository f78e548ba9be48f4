public import NIOCore

/// One direction of two streams that are spliced: how much more its sender may be let send.
///
/// The sender has credit for a window from the start. What it sends is handed on, and is *in flight* until the other stream's receiver
/// has taken it: then the sender gets as much credit anew, and not before. So no more than a window is held for it, however slow the receiver
/// is. Where the session's bandwidth is spent, credit waits for its time; nothing that has come is kept back.
public struct CreditFlow: Hashable, Sendable {
    /// Handed on, and not taken.
    public private(set) var inFlight = 0
    /// Handed on since the beginning.
    public private(set) var total: UInt64 = 0
    /// Taken, and not granted anew yet.
    public private(set) var waiting = 0
    /// Until when credit waits for bandwidth; nil while there is some.
    public private(set) var pausedUntil: NIODeadline?

    public init() {}

    /// Bytes have come from the sender, and are on their way.
    public mutating func handed(_ bytes: Int) {
        self.inFlight += bytes
        self.total += UInt64(bytes)
    }

    /// The receiver has taken bytes.
    ///
    /// - Returns: the credit to grant at once.
    public mutating func taken(_ bytes: Int) -> Int {
        precondition(bytes <= self.inFlight, "\(bytes) bytes taken of \(self.inFlight) in flight")
        self.inFlight -= bytes
        return self.grant(bytes)
    }

    /// Bytes of the sender's were used up on the way: a head, say.
    ///
    /// - Returns: the credit to grant at once.
    public mutating func grant(_ bytes: Int) -> Int {
        self.waiting += bytes
        return self.pausedUntil == nil ? self.takeWaiting() : 0
    }

    /// The session's bandwidth is spent until then.
    public mutating func pause(until moment: NIODeadline) {
        self.pausedUntil = max(self.pausedUntil ?? moment, moment)
    }

    /// - Returns: the credit to grant now, and when to look again; nil where nothing is paused any more.
    public mutating func resume(at now: NIODeadline) -> (credit: Int, later: NIODeadline?) {
        guard let moment = self.pausedUntil else { return (self.takeWaiting(), nil) }
        guard moment <= now else { return (0, moment) }
        self.pausedUntil = nil
        return (self.takeWaiting(), nil)
    }

    private mutating func takeWaiting() -> Int {
        defer { self.waiting = 0 }
        return self.waiting
    }
}
