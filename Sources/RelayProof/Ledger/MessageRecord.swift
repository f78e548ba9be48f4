import RelayWire

/// What is known of one message: 32 bytes.
struct MessageRecord: Sendable {
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8

        /// `id` is known: from the acknowledgement, a delivery or the history, whichever came first.
        static let bound = Flags(rawValue: 1)
        static let acknowledged = Flags(rawValue: 2)
        /// The relay said that it did not store it.
        static let refused = Flags(rawValue: 4)
        /// It was in the history that was read at the end.
        static let stored = Flags(rawValue: 8)
        /// A reader got it.
        static let seen = Flags(rawValue: 16)
        /// Of the relay's own: some readers are not told it, and are owed nothing.
        static let optional = Flags(rawValue: 32)
    }

    /// Nanoseconds since the run began.
    let startedAt: Int64
    var id = MessageID.zero
    let topic: UInt16
    let publisher: UInt16
    let audience: Audience
    var flags: Flags = []
    /// Of the relay's own: the reader that it is about, which may be told otherwise.
    var subject = Self.nobody

    static let nobody = UInt8.max

    init(startedAt: Int64, topic: Int, publisher: Int, audience: Audience) {
        self.audience = audience
        self.startedAt = startedAt
        self.topic = UInt16(topic)
        self.publisher = UInt16(publisher)
    }
}
