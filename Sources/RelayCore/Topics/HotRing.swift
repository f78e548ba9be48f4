import DequeModule
public import RelayWire

/// The hot tier of one topic: its newest messages, in memory, in id order.
///
/// Every message with an id after `floor` that the store keeps is in the ring. A cursor at or after `floor` is served from
/// here; one before it needs the store.
struct HotRing {
    private(set) var messages: Deque<Message> = []
    /// Sum of the messages' ``Message/memoryCost``.
    private(set) var bytes = 0
    private(set) var floor: MessageID

    /// - Parameter floor: the store's newest id: the ring starts empty behind it.
    init(floor: MessageID) {
        self.floor = floor
    }

    /// - Precondition: `message.id` is after every id that the ring has held.
    mutating func append(_ message: Message) {
        precondition(message.id > (self.messages.last?.id ?? self.floor), "ids of a topic increase")
        self.messages.append(message)
        self.bytes += message.memoryCost
    }

    /// Takes one message out, without a gap in its place. Costs the ring's length.
    mutating func remove(_ id: MessageID) {
        let index = self.index(after: id, orAt: true)
        guard index < self.messages.count, self.messages[index].id == id else { return }
        self.bytes -= self.messages.remove(at: index).memoryCost
    }

    /// Drops the oldest messages until at most `maxMessages` and `maxBytes` are left.
    ///
    /// - Returns: the bytes set free.
    mutating func shrink(toMessages maxMessages: Int, bytes maxBytes: Int) -> Int {
        var freed = 0
        while self.messages.count > maxMessages || self.bytes > maxBytes, let cost = self.dropFirst() {
            freed += cost
        }
        return freed
    }

    /// Drops what the store no longer keeps.
    ///
    /// - Returns: the bytes set free.
    mutating func drop(through id: MessageID) -> Int {
        // Nothing in the ring lies at or before its floor.
        guard id > self.floor else { return 0 }
        var freed = 0
        while let first = self.messages.first?.id, first <= id, let cost = self.dropFirst() {
            freed += cost
        }
        self.floor = max(self.floor, id)
        return freed
    }

    /// - Returns: the bytes set free; nil where the ring is empty.
    private mutating func dropFirst() -> Int? {
        guard let first = self.messages.popFirst() else { return nil }
        self.bytes -= first.memoryCost
        self.floor = first.id
        return first.memoryCost
    }

    /// The messages after `id`, up to and including `through`, without those expired at `now`.
    ///
    /// - Returns: nil where `id` lies before the floor: the store must be asked.
    func slice(after id: MessageID, through: MessageID, limits: SliceLimits, now: Timestamp) -> StreamSlice? {
        guard id >= self.floor else { return nil }
        var slice = StreamSlice(messages: [], cursor: max(id, through), hasMore: false)
        var bytes = 0
        var index = self.index(after: id)
        slice.messages.reserveCapacity(min(self.messages.count - index, limits.maxMessages))
        while index < self.messages.count {
            let message = self.messages[index]
            guard message.id <= through else { break }
            if !message.isExpired(at: now) {
                guard slice.messages.count < limits.maxMessages, bytes < limits.maxBytes else {
                    slice.hasMore = true
                    slice.cursor = slice.messages.last?.id ?? id
                    return slice
                }
                slice.messages.append(message)
                bytes += message.memoryCost
            }
            index += 1
        }
        return slice
    }

    /// How many messages lie after `id`, expired ones too. Those before the floor are not counted.
    func count(after id: MessageID) -> Int { self.messages.count - self.index(after: id) }

    /// The newest messages before `id`, newest first, without those expired at `now`.
    ///
    /// - Returns: nil unless the ring alone can fill the page.
    func newest(before id: MessageID?, count: Int, now: Timestamp) -> [Message]? {
        var page: [Message] = []
        var index = id.map { self.index(after: $0, orAt: true) } ?? self.messages.count
        while index > 0, page.count < count {
            index -= 1
            let message = self.messages[index]
            if !message.isExpired(at: now) { page.append(message) }
        }
        return page.count == count ? page : nil
    }

    /// The place of the first message after `id` (or, with `orAt`, of the first that is not before it).
    private func index(after id: MessageID, orAt: Bool = false) -> Int {
        // Readers nearly always stand at the ring's end: look there before searching.
        if let last = self.messages.last, last.id < id || (last.id == id && !orAt) { return self.messages.count }
        var low = 0
        var high = self.messages.count
        // And those that are told of one message stand right before it.
        if high > 1, case let before = self.messages[high - 2].id, before < id || (before == id && !orAt) {
            return high - 1
        }
        while low < high {
            let middle = (low + high) / 2
            let found = self.messages[middle].id
            if found < id || (found == id && !orAt) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// How much of a stream to take at once.
public struct SliceLimits: Hashable, Sendable {
    /// At least 1.
    public var maxMessages: Int
    /// The slice ends once its messages' cost reaches this, but never before its first message.
    public var maxBytes: Int

    public init(maxMessages: Int, maxBytes: Int) {
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
    }
}

/// A run of a stream's messages.
public struct StreamSlice: Sendable {
    /// Ascending.
    public var messages: [Message]
    /// The reader's cursor once it has taken the slice: it may lie past the last message, over expired ones.
    public var cursor: MessageID
    /// Whether messages remain in the range that was asked for.
    public var hasMore: Bool

    public init(messages: [Message], cursor: MessageID, hasMore: Bool) {
        self.messages = messages
        self.cursor = cursor
        self.hasMore = hasMore
    }
}
