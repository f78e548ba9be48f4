public import RelayWire

/// What a publisher is told of its message.
public struct Publication: Hashable, Sendable {
    /// Nil while the store has yet to give it one: its durability is `memory` then.
    public let id: MessageID?
    /// The draft's, or the first attempt's for a repeat.
    public let timestamp: Timestamp
    /// The message had been stored before, by an attempt with the same idempotency mark.
    public let isRepeat: Bool
    /// What the message survives from now on.
    public let durability: Durability

    public init(_ stored: StoredDraft, _ durability: Durability) {
        self.id = stored.id
        self.timestamp = stored.timestamp
        self.isRepeat = stored.isRepeat
        self.durability = durability
    }

    /// Of a draft that waits for its store in this relay's memory.
    init(waiting draft: Draft) {
        self.id = nil
        self.timestamp = draft.timestamp
        self.isRepeat = false
        self.durability = .memory
    }
}
