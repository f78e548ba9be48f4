import DequeModule

/// What waits to be exported.
protocol QueuedItem: Sendable {
    /// What it costs in memory, bytes.
    var cost: Int { get }
}

/// Items in the order in which they came, bounded in bytes: where there is no room for a new one, the oldest go. Pure.
///
/// What is being delivered counts on, until it is said what has become of it.
struct TelemetryQueue<Item: QueuedItem> {
    private var items: Deque<Item> = []
    /// Of all items, those on their way included.
    private(set) var bytes = 0
    private(set) var bytesOnTheirWay = 0
    private let maxBytes: Int

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    var count: Int { self.items.count }

    /// - Returns: how many items had to go for it, itself perhaps, and how many bytes are held more or, below zero, less.
    mutating func add(_ item: Item) -> (dropped: Int, change: Int) {
        let before = self.bytes
        var dropped = 0
        while self.bytes + item.cost > self.maxBytes, let oldest = self.items.popFirst() {
            self.bytes -= oldest.cost
            dropped += 1
        }
        if self.bytes + item.cost > self.maxBytes { return (dropped + 1, self.bytes - before) }
        self.items.append(item)
        self.bytes += item.cost
        return (dropped, self.bytes - before)
    }

    /// - Returns: the bytes of the oldest item, which is gone; nil where there is none.
    mutating func dropOldest() -> Int? {
        guard let oldest = self.items.popFirst() else { return nil }
        self.bytes -= oldest.cost
        return oldest.cost
    }

    /// Takes the oldest items. They stay counted until ``delivered()``.
    ///
    /// - Parameter most: how many at most.
    mutating func take(_ most: Int) -> [Item] {
        let batch = Array(self.items.prefix(most))
        self.items.removeFirst(batch.count)
        self.bytesOnTheirWay += batch.reduce(0) { $0 + $1.cost }
        return batch
    }

    /// What was taken waits again, before all others.
    mutating func putBack(_ batch: [Item]) {
        self.items.prepend(contentsOf: batch)
        self.bytesOnTheirWay = 0
    }

    /// What was taken is gone, whatever became of it.
    ///
    /// - Returns: how many bytes are held less.
    mutating func delivered() -> Int {
        defer { self.bytesOnTheirWay = 0 }
        self.bytes -= self.bytesOnTheirWay
        return self.bytesOnTheirWay
    }
}
