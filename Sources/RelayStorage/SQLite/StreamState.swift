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
    /// The ids of the oldest messages kept, ascending: the next to be trimmed. Empty means unknown.
    var oldest: Deque<MessageID> = []
    /// Rows that were trimmed since the last deletion but are still in the table; at least, for a stream just loaded.
    var hidden = 0
    /// Whether the file's row differs.
    var isChanged = false

    init(id: Int64, bounds: StreamBounds) {
        self.id = id
        self.bounds = bounds
    }

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
        self.oldest = []
        self.isChanged = true
    }
}
