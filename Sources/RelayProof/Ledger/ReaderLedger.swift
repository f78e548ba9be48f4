import RelayWire

/// What one reader has seen: a bit for each message, and its place in each topic.
struct ReaderLedger: Sendable {
    var seen = BitSet()
    /// By topic; nil before its first message.
    var cursors: [MessageID?]
    /// By topic, where it has begun, so that it is owed nothing up to there; nil where it is owed all.
    var begin: [MessageID?]
    /// By topic, how many messages there were when it began, when it was last told of a gap, and when it was first told in which history it
    /// is. A message whose id nobody knows can be before its beginning, or in a gap, only if it is one of these.
    var begunBefore: [Int]
    var gapsBefore: [Int]
    /// Before it knows the history of a topic, that of one without messages, nothing can tell it that this is not the one it was in. Nil
    /// until then.
    var knownSince: [Int?]
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
        self.begin = Array(repeating: nil, count: topicCount)
        self.begunBefore = Array(repeating: 0, count: topicCount)
        self.gapsBefore = Array(repeating: 0, count: topicCount)
        self.knownSince = Array(repeating: nil, count: topicCount)
        self.gaps = Array(repeating: GapList(), count: topicCount)
    }

    mutating func move(_ topic: Int, to id: MessageID) {
        self.cursors[topic] = max(self.cursors[topic] ?? .zero, id)
    }

    func hasPassed(_ id: MessageID, _ topic: Int) -> Bool {
        self.cursors[topic].map { id < $0 } ?? false
    }

    /// - Parameter number: the record's.
    func wasToldOf(_ record: MessageRecord, _ number: Int) -> Bool {
        let topic = Int(record.topic)
        guard record.flags.contains(.bound) else { return number < self.gapsBefore[topic] }
        return self.hasGaps && self.gaps[topic].contains(record.id)
    }

    /// Whether it had not begun yet when the message came.
    func beganAfter(_ record: MessageRecord, _ number: Int) -> Bool {
        let topic = Int(record.topic)
        guard let begin = self.begin[topic] else { return false }
        if number < self.knownSince[topic] ?? .max { return true }
        return record.flags.contains(.bound) ? record.id <= begin : number < self.begunBefore[topic]
    }
}
