import NIOCore

/// Says when a peer that has ended its side of the connection is asked whether it is still there.
///
/// A peer that has left can't be told from one that waits, before something is written to it: then the system of one that has left
/// resets the connection. HTTP/1.0 knows nothing that may be written before the answer.
struct PeerInquiry {
    static let interval = TimeAmount.seconds(5)

    private var next = NIODeadline.distantFuture

    mutating func begin(at first: NIODeadline) { self.next = first }

    /// - Returns: whether to ask now. The next time is an interval later.
    mutating func isDue(at now: NIODeadline) -> Bool {
        guard now >= self.next else { return false }
        self.next = now + Self.interval
        return true
    }
}
