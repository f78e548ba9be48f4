import NIOCore

/// When the readers of a topic are handed what has come, where messages that are handed out together cost readers no more than one.
///
/// At once, as long as messages come singly: nobody waits for others who do not write. Where several have come close together, the next wait
/// a moment for each other.
struct Gathering {
    /// How long the first waits for the others.
    static let time = TimeAmount.milliseconds(2)

    /// Whether the last messages came close together.
    private var isBusy = false
    private var lastHandedOut = NIODeadline.distantPast
    /// When those that wait are handed out.
    private var due: NIODeadline?

    /// Messages have come, or those that wait may be due.
    ///
    /// - Returns: when to ask again; nil where they are to be handed out now.
    mutating func wait(at now: NIODeadline) -> NIODeadline? {
        guard self.isBusy else { return nil }
        let due = self.due ?? now + Self.time
        self.due = due
        return due <= now ? nil : due
    }

    /// So many messages were handed out.
    mutating func handedOut(_ count: Int, at now: NIODeadline) {
        self.isBusy = count > 1 || now - self.lastHandedOut < Self.time
        self.lastHandedOut = now
        self.due = nil
    }
}
