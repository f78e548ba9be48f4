import NIOCore
import RelayCore

/// What a connection has written and its peer may not have. A write costs no more than a mark; the rest is found out by a later look.
struct Outstanding {
    /// Whether something was written since the last count, or was left then.
    private(set) var hasWritten = false
    /// Whether the system may hold bytes that the peer has not acknowledged.
    private(set) var isUnacknowledged = false
    /// What the socket has not taken.
    private(set) var untaken: UntakenAnswers?

    /// Something is on its way.
    mutating func wrote() {
        self.hasWritten = true
        self.isUnacknowledged = true
    }

    /// Charges what the channel still has. Of nearly all connections nothing was written in the last second: those cost no look at theirs.
    ///
    /// - Parameter since: since when the socket takes nothing, where that is known.
    mutating func count(of channel: @autoclosure () -> (any Channel)?, since: NIODeadline?, _ memory: MemoryLedger) {
        guard self.hasWritten || self.untaken != nil, let channel = channel() else { return }
        let pending = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        self.hasWritten = pending > 0
        self.untaken = self.untaken.counting(pending, since: since, memory)
    }

    /// Charges what waits to be asked for, where no channel says how much it has.
    ///
    /// - Parameter since: since when the peer takes nothing, where that is known.
    mutating func count(waiting bytes: Int, since: NIODeadline? = nil, _ memory: MemoryLedger) {
        self.hasWritten = bytes > 0
        self.untaken = self.untaken.counting(bytes, since: since, memory)
    }

    /// The peer has acknowledged everything that the system was given.
    mutating func acknowledged() {
        self.isUnacknowledged = self.untaken != nil
    }
}
