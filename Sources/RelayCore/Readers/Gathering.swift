import NIOCore

/// When the readers of a topic are handed what has come, where messages that are handed out together cost readers no more than one.
///
/// At once, as long as messages come singly: nobody waits for others who do not write. Where several have come close together, the next wait
/// a moment for each other. What does not fit one hand-out goes on in the loop's next turns, without waiting again.
struct Gathering {
    let kind: GatheringTime

    /// Whether the last messages came close together.
    private var isBusy = false
    /// Whether more had come by the last hand-out than it took.
    private var isUnfinished = false
    private var lastHandedOut = NIODeadline.distantPast
    /// When those that wait are handed out.
    private var due: NIODeadline?

    init(_ kind: GatheringTime) {
        self.kind = kind
    }

    /// Messages have come, or those that wait may be due.
    ///
    /// - Parameter readers: that the loop has on the topic.
    /// - Returns: when to ask again; nil where they are to be handed out now.
    mutating func wait(at now: NIODeadline, readers: Int) -> NIODeadline? {
        guard self.isBusy, !self.isUnfinished else { return nil }
        let due = self.due ?? now + self.kind.time(for: readers)
        self.due = due
        return due <= now ? nil : due
    }

    /// So many messages were handed out.
    ///
    /// - Parameter hasMore: whether more have come already.
    mutating func handedOut(_ count: Int, hasMore: Bool, at now: NIODeadline, readers: Int) {
        self.isBusy = count > 1 || now - self.lastHandedOut < self.kind.time(for: readers)
        self.isUnfinished = hasMore
        self.lastHandedOut = now
        self.due = nil
    }
}
