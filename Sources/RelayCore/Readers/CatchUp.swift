import DequeModule

/// What readers that are behind still have to be handed, first come first served, and how much of it a loop's turn may hand out.
///
/// Many readers may come back at a time, and be far behind. Between two looks at its sockets a loop hands them no more than one turn's
/// share, and has no more than a few of the store's pages in memory.
struct CatchUp {
    enum Work {
        case reader(Reader)
        /// What was read from the store for a reader, and came when the turn's share was used up.
        case page(StoredPage, for: LoopReaders.PendingRead)
    }

    /// What one turn hands to readers that are behind, by its messages' cost in memory, bytes: a millisecond or two.
    static let turnCost = 256 << 10
    /// Of each look for messages, even if it finds none.
    static let minimumCost = 256
    /// Reads of the store under way at a time: a page each, so this bounds what they hold in memory.
    static let maxReads = 32

    private var waiting: Deque<Work> = []
    private var awaitingStore: Deque<Reader> = []
    private var readsUnderWay = 0
    private var left = CatchUp.turnCost

    /// Whether the turn's share is used up.
    var isSpent: Bool { self.left <= 0 }

    var isEmpty: Bool { self.waiting.isEmpty }

    mutating func beginTurn() { self.left = Self.turnCost }

    mutating func spend(on messages: [Message]) {
        self.left -= max(Self.minimumCost, messages.reduce(0) { $0 + $1.memoryCost })
    }

    mutating func add(_ work: Work) { self.waiting.append(work) }

    /// What is next; nil where nothing is, or where the turn's share is used up.
    mutating func next() -> Work? { self.isSpent ? nil : self.waiting.popFirst() }

    // MARK: Reading the store

    /// - Returns: whether the store may be read for the reader now; else the reader waits until an earlier read has ended.
    mutating func beginRead(for reader: Reader) -> Bool {
        guard self.readsUnderWay < Self.maxReads else {
            self.awaitingStore.append(reader)
            return false
        }
        self.readsUnderWay += 1
        return true
    }

    mutating func endRead() {
        self.readsUnderWay -= 1
        if let next = self.awaitingStore.popFirst() { self.waiting.append(.reader(next)) }
    }

    /// Drops pages of a history that their readers have left.
    mutating func dropPages(of readers: Set<ObjectIdentifier>) {
        self.waiting.removeAll {
            if case .page(_, let read) = $0 { readers.contains(ObjectIdentifier(read.reader)) } else { false }
        }
    }
}
