/// Lets one topic have at most one append under way, and gathers what arrives meanwhile into the next.
///
/// So the store never has to order a topic's appends, one commit serves many publishers, and messages reach the hot
/// tier in stored order. A store may finish an append before the call that started it returns. The queue then leaves
/// the next batch to that caller's loop, so that calls don't nest.
struct AppendQueue<Ticket> {
    /// Drafts of one publish, kept together, and whom to tell.
    struct Entry {
        var drafts: [Draft]
        var ticket: Ticket
        /// What the drafts hold while they wait.
        var bytes: Int
        /// Whether they are counted and charged already, for as long as they are here.
        var isHeld = false
        /// False where the publisher has its answer already.
        var isAwaited = true

        /// What the topic is to be charged with.
        var chargedBytes: Int { self.isHeld ? 0 : self.bytes }
    }

    enum EnqueueAction {
        /// Start appending these.
        case append([Entry])
        /// They go with the next batch.
        case wait
        /// Too much is waiting already: tell the publisher to come back later.
        case refuse
    }

    enum FinishAction {
        /// Start appending these.
        case append([Entry])
        /// The caller that started the finished append goes on by ``appendReturned()``.
        case leaveToStarter
        /// Nothing is waiting.
        case rest
    }

    private enum State {
        case idle
        /// The store has been called and has neither returned nor finished. Left by ``finished()`` or ``appendReturned()``.
        case starting
        /// The store has finished but not returned. Left by ``appendReturned()``.
        case finishedEarly
        /// The store has returned and will finish. Left by ``finished()``.
        case underWay
    }

    private var state = State.idle
    private var waiting: [Entry] = []
    private(set) var waitingBytes = 0
    /// Of these, what the topic is to be charged with.
    private(set) var chargedBytes = 0
    private let maxWaitingBytes: Int
    private let maxBatchMessages: Int

    init(maxWaitingBytes: Int, maxBatchMessages: Int) {
        self.maxWaitingBytes = maxWaitingBytes
        self.maxBatchMessages = maxBatchMessages
    }

    var isIdle: Bool {
        switch self.state {
        case .idle: true
        case .starting, .finishedEarly, .underWay: false
        }
    }

    mutating func enqueue(_ entry: Entry) -> EnqueueAction {
        switch self.state {
        case .idle:
            self.state = .starting
            return .append([entry])
        case .starting, .finishedEarly, .underWay:
            guard self.waitingBytes + entry.bytes <= self.maxWaitingBytes else { return .refuse }
            self.waiting.append(entry)
            self.waitingBytes += entry.bytes
            self.chargedBytes += entry.chargedBytes
            return .wait
        }
    }

    /// The store's call returned.
    ///
    /// - Returns: what to append next, if the append is finished already and more is waiting.
    mutating func appendReturned() -> [Entry]? {
        switch self.state {
        case .starting:
            self.state = .underWay
            return nil
        case .finishedEarly:
            return self.takeBatch()
        case .idle, .underWay:
            preconditionFailure("no append was starting: \(self.state)")
        }
    }

    /// The append under way succeeded or failed.
    mutating func finished() -> FinishAction {
        switch self.state {
        case .starting:
            self.state = .finishedEarly
            return .leaveToStarter
        case .underWay:
            guard let batch = self.takeBatch() else { return .rest }
            return .append(batch)
        case .idle, .finishedEarly:
            preconditionFailure("no append was under way: \(self.state)")
        }
    }

    private mutating func takeBatch() -> [Entry]? {
        guard !self.waiting.isEmpty else {
            self.state = .idle
            return nil
        }
        self.state = .starting
        var messages = 0
        var end = 0
        while end < self.waiting.count, end == 0 || messages + self.waiting[end].drafts.count <= self.maxBatchMessages {
            messages += self.waiting[end].drafts.count
            self.waitingBytes -= self.waiting[end].bytes
            self.chargedBytes -= self.waiting[end].chargedBytes
            end += 1
        }
        if end == self.waiting.count {
            defer { self.waiting = [] }
            return self.waiting
        }
        defer { self.waiting.removeFirst(end) }
        return Array(self.waiting[..<end])
    }
}

extension AppendQueue.Entry: Sendable where Ticket: Sendable {}
