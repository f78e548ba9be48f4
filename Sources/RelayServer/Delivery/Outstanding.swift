import NIOCore
import RelayCore

/// What a connection has written and its peer may not have. Counted once a second, so that a write costs no more than a mark.
struct Outstanding {
    /// Whether something was written since the last count.
    var hasWritten = false
    /// Whether the system may hold bytes that the peer has not acknowledged.
    private(set) var isUnacknowledged = false
    /// What the socket has not taken.
    private(set) var untaken: UntakenAnswers?

    /// Charges what the channel still has. Of nearly all connections nothing was written in the last second: those cost no look at theirs.
    ///
    /// - Parameter since: since when the socket takes nothing, where that is known.
    mutating func count(of channel: @autoclosure () -> (any Channel)?, since: NIODeadline?, _ memory: MemoryLedger) {
        guard self.hasWritten || self.untaken != nil, let channel = channel() else { return }
        let pending = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        self.isUnacknowledged = true
        self.hasWritten = pending > 0
        self.untaken = self.untaken.counting(pending, since: since, memory)
    }

    /// The peer has acknowledged everything.
    mutating func acknowledged() {
        self.isUnacknowledged = false
    }
}
