import RelayWire

/// What one reader has seen: a bit for each message, and its place in each topic.
struct ReaderLedger: Sendable {
    var seen = BitSet()
    /// By topic; nil before its first message.
    var cursors: [MessageID?]
    /// By topic, its first message; nil before that.
    var first: [MessageID?]
    /// By topic, what it was told of.
    var gaps: [GapList]
    /// Acknowledged messages that are for it.
    var owed = 0
    /// Those among them that it has seen.
    var acknowledgedSeen = 0
    var hasGaps = false
    /// When its connection was accepted, in nanoseconds since the run began; nil while it has none.
    var attachedAt: Int64?
    var lastAttachedAt: Int64 = .min
    /// Whether it is shut out by no fault of the relay's: what it has not passed it is not owed.
    var isExcused = false

    init(topicCount: Int) {
        self.cursors = Array(repeating: nil, count: topicCount)
        self.first = Array(repeating: nil, count: topicCount)
        self.gaps = Array(repeating: GapList(), count: topicCount)
    }

    mutating func move(_ topic: Int, to id: MessageID) {
        self.cursors[topic] = max(self.cursors[topic] ?? .zero, id)
        self.first[topic] = self.first[topic] ?? id
    }

    func hasPassed(_ id: MessageID, _ topic: Int) -> Bool {
        self.cursors[topic].map { id < $0 } ?? false
    }

    func wasToldOf(_ id: MessageID, _ topic: Int) -> Bool {
        self.hasGaps && self.gaps[topic].contains(id)
    }
}
