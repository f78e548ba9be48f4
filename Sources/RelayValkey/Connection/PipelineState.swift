import NIOCore

/// The commands of one connection that have no reply yet, in the order of the wire, and what passing time means for them.
///
/// `Waiter` is what is given back with the reply. Replies carry no names: the first one outstanding belongs to the first waiter.
struct PipelineState<Waiter> {
    enum Received {
        case one(Waiter, ValkeyReply)
        case several(Waiter, [ValkeyReply])
        /// More replies to the same waiter are to come.
        case more
        /// Nobody asked: the connection is to be closed.
        case unexpected
    }

    enum Tick: Equatable {
        case nothing
        /// Ask for a sign of life.
        case ping
        /// A deadline has passed: the connection is to be closed, and `drain` called.
        case overdue
    }

    private struct Entry {
        let waiter: Waiter
        let replies: Int
        let bytes: Int
        let deadline: NIODeadline
        let sentAt: NIODeadline
    }

    private let configuration: ValkeyConfiguration
    private var entries = CircularBuffer<Entry>()
    /// Replies to the first entry, if it waits for several and some are there.
    private var collected: [ValkeyReply] = []
    private var outstandingCommands = 0
    private var outstandingBytes = 0
    /// Entries at the end that were not handed to the channel.
    private var unsentEntries = 0
    private var batchStart = NIODeadline.distantPast
    /// No entry's deadline is before it. It may be earlier than all of them.
    private var earliestDeadline = NIODeadline.distantFuture
    private var lastHeard: NIODeadline

    init(_ configuration: ValkeyConfiguration, now: NIODeadline) {
        self.configuration = configuration
        self.lastHeard = now
    }

    var isEmpty: Bool { self.entries.isEmpty }

    /// Adds one entry for commands that are adjacent on the wire.
    ///
    /// - Parameters:
    ///   - commands: how many replies there will be, at least 1.
    ///   - deadline: nil means the configured time from now on.
    ///   - now: read only for the first entry after a flush; the others of a tick count from there.
    /// - Returns: nil, or why they must not be sent.
    mutating func enqueue(
        _ waiter: Waiter,
        commands: Int,
        bytes: Int,
        deadline: NIODeadline?,
        now: () -> NIODeadline
    ) -> ValkeyError? {
        guard self.hasRoom(commands: commands, bytes: bytes) else { return .overloaded }
        if self.unsentEntries == 0 { self.batchStart = now() }
        let deadline = deadline ?? self.batchStart + self.configuration.commandTimeout
        guard deadline > self.batchStart else { return .timedOut(mayHaveRun: false) }
        self.entries.append(
            Entry(waiter: waiter, replies: commands, bytes: bytes, deadline: deadline, sentAt: self.batchStart)
        )
        self.outstandingCommands += commands
        self.outstandingBytes += bytes
        self.unsentEntries += 1
        self.earliestDeadline = min(self.earliestDeadline, deadline)
        return nil
    }

    /// Everything enqueued so far was handed to the channel.
    mutating func flushed() {
        self.unsentEntries = 0
    }

    mutating func received(_ reply: ValkeyReply) -> Received {
        guard self.entries.count > self.unsentEntries, let first = self.entries.first else { return .unexpected }
        guard first.replies > 1 else {
            self.removeFirst(first)
            return .one(first.waiter, reply)
        }
        self.collected.append(reply)
        guard self.collected.count == first.replies else { return .more }
        self.removeFirst(first)
        defer { self.collected = [] }
        return .several(first.waiter, self.collected)
    }

    /// Bytes came.
    mutating func heard(now: NIODeadline) {
        self.lastHeard = now
    }

    mutating func tick(now: NIODeadline) -> Tick {
        guard !self.entries.isEmpty else {
            return now - self.lastHeard >= self.configuration.pingInterval ? .ping : .nothing
        }
        guard self.earliestDeadline <= now else { return .nothing }
        self.earliestDeadline = self.entries.lazy.map(\.deadline).min() ?? .distantFuture
        return self.earliestDeadline <= now ? .overdue : .nothing
    }

    /// Since when the oldest reply has been outstanding, if that is too long.
    func unresponsiveSince(now: NIODeadline) -> NIODeadline? {
        guard let first = self.entries.first else { return nil }
        return now - first.sentAt > self.configuration.unresponsiveAfter ? first.sentAt : nil
    }

    /// Empties the queue: the connection is gone.
    ///
    /// - Parameter end: makes the error of one waiter out of whether its command may have run, and whether its deadline has passed.
    mutating func drain(now: NIODeadline, _ end: (_ mayHaveRun: Bool, _ isOverdue: Bool) -> ValkeyError)
        -> [(Waiter, ValkeyError)]
    {
        let sent = self.entries.count - self.unsentEntries
        let ends = self.entries.enumerated().map { index, entry in
            (entry.waiter, end(index < sent, entry.deadline <= now))
        }
        self = PipelineState(self.configuration, now: now)
        return ends
    }

    private func hasRoom(commands: Int, bytes: Int) -> Bool {
        guard !self.entries.isEmpty else { return commands <= self.configuration.maxOutstandingCommands }
        return commands <= self.configuration.maxOutstandingCommands - self.outstandingCommands
            && bytes <= self.configuration.maxOutstandingBytes - self.outstandingBytes
    }

    private mutating func removeFirst(_ first: Entry) {
        self.entries.removeFirst()
        self.outstandingCommands -= first.replies
        self.outstandingBytes -= first.bytes
        if self.entries.isEmpty { self.earliestDeadline = .distantFuture }
    }
}
