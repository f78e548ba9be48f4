import RelayWire

/// The readers that one loop has on one topic.
///
/// Those that have seen everything up to `position` are live and move together; all others move on their own until they
/// get there. Owned by its loop's ``LoopReaders``.
final class ReaderGroup {
    let topic: Topic
    var position: MessageID
    var accessVersion: UInt64
    private(set) var live: [Reader] = []
    /// All that are not live, by identity.
    private(set) var others: [ObjectIdentifier: Reader] = [:]

    init(topic: Topic, look: Topic.Look) {
        self.topic = topic
        self.accessVersion = look.accessVersion
        switch look.messages {
        case .slice(let slice): self.position = slice.cursor
        case .evicted: self.position = look.bounds.last
        }
    }

    var isEmpty: Bool { self.live.isEmpty && self.others.isEmpty }

    var all: [Reader] { self.live + Array(self.others.values) }

    func add(_ reader: Reader) {
        self.others[ObjectIdentifier(reader)] = reader
    }

    /// Moves a reader into a phase; its cursor must be right for it already.
    func move(_ reader: Reader, to phase: Reader.Phase) {
        if case .live(let index) = reader.phase {
            self.removeLive(at: index)
            reader.cursor = self.position
        } else {
            self.others[ObjectIdentifier(reader)] = nil
        }
        reader.phase = phase
        switch phase {
        case .live:
            reader.phase = .live(index: self.live.count)
            self.live.append(reader)
        case .joined, .blocked, .reading, .yielded, .ahead:
            self.others[ObjectIdentifier(reader)] = reader
        case .ended:
            break
        }
    }

    private func removeLive(at index: Int) {
        let last = self.live.removeLast()
        guard index < self.live.count else { return }
        self.live[index] = last
        last.phase = .live(index: index)
    }
}
