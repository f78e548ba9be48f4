import NIOCore

/// Decides when a peer that is owed an answer has stopped taking it.
///
/// The channel tells only whether its buffer has room. A peer that takes its answer little by little leaves it without room for a long
/// time. So before such a peer is given up, the kernel is asked when it last sent something.
struct WriteStall {
    /// Since when the peer has taken no bytes, as far as is known; nil while it takes them.
    private(set) var since: NIODeadline?

    mutating func writabilityChanged(to isWritable: Bool, at now: NIODeadline) {
        self.since = isWritable ? nil : now
    }

    /// Whether the buffer has had no room for `limit`, as far as is known: time to look at the socket.
    func isDue(at now: NIODeadline, after limit: TimeAmount) -> Bool {
        guard let since = self.since else { return false }
        return now > since + limit
    }

    /// What the socket says.
    ///
    /// - Parameter silence: since when the kernel has sent no bytes to the peer; nil where it can't tell.
    /// - Returns: whether the peer is to be given up.
    mutating func looked(at now: NIODeadline, silence: TimeAmount?, limit: TimeAmount) -> Bool {
        guard let silence, silence <= limit else { return true }
        self.since = now - silence
        return false
    }
}
