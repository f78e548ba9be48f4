public import RelayWire

/// Gives out a topic's ids: strictly increasing, and following the clock while the clock goes forward.
///
/// A store that numbers messages itself keeps the last id for as long as it lives, also past the topic's deletion. It
/// starts the sequence from that id. So ids increase over restarts, clock steps, and deletion and re-creation.
public struct IDSequence: Sendable {
    /// The newest id given out; ``MessageID/zero`` before the first.
    public private(set) var last: MessageID

    public init(after last: MessageID = .zero) {
        self.last = last
    }

    /// - Parameter now: the wall clock. While it lies behind the last id's milliseconds, the sequence number counts
    ///   up instead. When a millisecond's numbers are used up, the next millisecond follows.
    public mutating func next(at now: Timestamp) -> MessageID {
        if now.milliseconds > self.last.milliseconds {
            self.last = MessageID(milliseconds: now.milliseconds, sequence: 0)
        } else if self.last.sequence < .max {
            self.last = MessageID(milliseconds: self.last.milliseconds, sequence: self.last.sequence + 1)
        } else {
            self.last = MessageID(milliseconds: self.last.milliseconds + 1, sequence: 0)
        }
        return self.last
    }
}
