import DequeModule
import RelayCore
import RelayWire

/// What the writer knows of one topic's stream without asking the file.
struct StreamState {
    /// The row of `streams`.
    let id: Int64
    /// Whether the row is still to be inserted.
    var isNew = false
    var bounds: StreamBounds
    /// Of the newest snapshot; ``MessageID/zero`` where there is none. What lies before it does not count.
    var snapshot = MessageID.zero
    /// What lies before this snapshot is gone even for those who ask for what is superseded; ``MessageID/zero`` where nothing is.
    var kept = MessageID.zero
    /// The ids of the oldest messages that readers get, ascending: the next to be trimmed. Empty means unknown.
    var oldest: Deque<MessageID> = []
    /// Rows that were trimmed since the last deletion but are still in the table; at least, for a stream just loaded.
    var hidden = 0
    /// Whether the file's row differs.
    var isChanged = false

    init(id: Int64, bounds: StreamBounds) {
        self.id = id
        self.bounds = bounds
    }

    /// Behind this begins what readers get.
    var shownAfter: MessageID { max(self.bounds.trimmedThrough, self.snapshot.previous) }
    /// Up to here rows are gone for all.
    var goneThrough: MessageID { max(self.bounds.trimmedThrough, self.kept.previous) }

    /// A stream that nothing was appended to.
    init(newWithID id: Int64) {
        self.init(id: id, bounds: StreamBounds(epoch: .new()))
        self.isNew = true
        self.isChanged = true
    }

    /// Hides every message, and begins a new epoch. The rows are deleted by the next sweep.
    mutating func purge() {
        // Nobody misses anything of an empty history.
        guard self.bounds.count > 0 || self.bounds.trimmedThrough != self.bounds.last else { return }
        self.bounds.epoch = .new(after: self.bounds.last)
        self.bounds.trimmedThrough = self.bounds.last
        self.hidden += self.bounds.count
        self.bounds.count = 0
        self.forgetSnapshots()
        self.oldest = []
        self.isChanged = true
    }

    /// The newest was trimmed: what it stands for is gone with it. How many rows that are is not known, so they are left to the sweep.
    mutating func forgetSnapshots() {
        guard self.snapshot != .zero else { return }
        self.snapshot = .zero
        self.kept = .zero
        self.hidden = max(self.hidden, Self.largestDeletion)
    }
}
