import RelayWire

/// What one reader has seen: a bit for each message, and its place in each topic.
struct ReaderLedger: Sendable {
    /// A gap that it was told of: the ids between the two are gone.
    struct Gap: Sendable, Hashable {
        let after: MessageID
        let before: MessageID
    }

    var seen = BitSet()
    /// By topic; nil before its first message.
    var cursors: [MessageID?]
    /// By topic, in the order in which they were told.
    var gaps: [[Gap]]
    /// Acknowledged messages among those seen.
    var acknowledgedSeen = 0
    var hasGaps = false
    /// When its connection was accepted, in nanoseconds since the run began; nil while it has none.
    var attachedAt: Int64?
    var lastAttachedAt: Int64 = .min

    init(topicCount: Int) {
        self.cursors = Array(repeating: nil, count: topicCount)
        self.gaps = Array(repeating: [], count: topicCount)
    }

    mutating func move(_ topic: Int, to id: MessageID) {
        self.cursors[topic] = max(self.cursors[topic] ?? .zero, id)
    }

    func hasPassed(_ id: MessageID, _ topic: Int) -> Bool {
        self.cursors[topic].map { id < $0 } ?? false
    }

    func wasToldOf(_ id: MessageID, _ topic: Int) -> Bool {
        self.hasGaps && self.gaps[topic].contains { $0.after < id && id < $0.before }
    }
}
