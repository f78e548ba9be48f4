import RelayWire

/// The readers that one loop has on one topic.
///
/// Those that have seen everything up to `position` are live and move together; all others move on their own until they
/// get there. Owned by its loop's ``LoopReaders``.
final class ReaderGroup {
    let topic: Topic
    var position: MessageID
    /// Of the history that `position` and all cursors are in.
    var epoch: StreamEpoch
    /// Of the access list that all readers were checked against.
    var accessVersion: UInt64
    /// Nil where messages are handed out one by one as they come.
    var gathering: Gathering?
    private(set) var live: [Reader] = []
    /// All that are not live, by identity.
    private var others: [ObjectIdentifier: Reader] = [:]
    /// Those of the others that go on with the group's next look; the rest costs nothing meanwhile.
    private var waiting: [ObjectIdentifier: Reader] = [:]

    init(topic: Topic, look: Topic.Look) {
        self.topic = topic
        self.epoch = look.bounds.epoch
        self.accessVersion = look.accessVersion
        self.gathering = topic.behavior.gathering.map { Gathering($0) }
        switch look.messages {
        case .slice(let slice): self.position = slice.cursor
        case .evicted: self.position = look.bounds.last
        }
    }

    var isEmpty: Bool { self.live.isEmpty && self.others.isEmpty }

    var all: [Reader] { self.live + Array(self.others.values) }

    var count: Int { self.live.count + self.others.count }

    /// The readers that wait for the group's next look, as of now.
    var waitingNow: [Reader] { self.waiting.isEmpty ? [] : Array(self.waiting.values) }

    func add(_ reader: Reader) {
        self.others[ObjectIdentifier(reader)] = reader
    }

    /// Moves a reader into a phase; its cursor must be right for it already.
    func move(_ reader: Reader, to phase: Reader.Phase) {
        let identifier = ObjectIdentifier(reader)
        if case .live(let index) = reader.phase {
            self.removeLive(at: index)
            reader.cursor = self.position
        }
        reader.phase = phase
        switch phase {
        case .live:
            self.forget(identifier)
            reader.phase = .live(index: self.live.count)
            self.live.append(reader)
        case .yielded, .ahead:
            self.others[identifier] = reader
            self.waiting[identifier] = reader
        case .joined, .advancing, .blocked, .reading, .queued:
            self.others[identifier] = reader
            self.waiting[identifier] = nil
        case .ended: self.forget(identifier)
        }
    }

    /// It is not among the others any more. Where none is left they give back their memory: nearly all groups have live readers only.
    private func forget(_ identifier: ObjectIdentifier) {
        self.others[identifier] = nil
        if self.others.isEmpty { self.others = [:] }
        self.waiting[identifier] = nil
        if self.waiting.isEmpty { self.waiting = [:] }
    }

    private func removeLive(at index: Int) {
        let last = self.live.removeLast()
        guard index < self.live.count else { return }
        self.live[index] = last
        last.phase = .live(index: index)
    }
}
