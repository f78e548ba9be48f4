public import RelayClient
import RelayWire

extension Ledger {
    /// A reader's connection was accepted: from now on it is live.
    public mutating func readerAttached(_ reader: Int, at time: Int64) {
        self.readers[reader].attachedAt = time
        self.readers[reader].lastAttachedAt = time
    }

    /// A reader's connection has ended, or could not be made.
    public mutating func readerDetached(_ reader: Int) {
        self.readers[reader].attachedAt = nil
    }

    /// The relay has told a reader after which id its topic begins. It counts the first time: what was before is not for it.
    mutating func readerBegan(_ reader: Int, in topicName: String, after id: MessageID) {
        guard let topic = self.topicIndex[topicName], self.readers[reader].begin[topic] == nil else { return }
        self.readers[reader].begin[topic] = id
        self.readers[reader].begunBefore[topic] = self.records.count
    }

    /// The relay has told a reader the epoch of a topic. What it says the first time, when the reader begins, costs nothing.
    mutating func readerKnowsHistory(_ reader: Int, of topicName: String) {
        guard let topic = self.topicIndex[topicName], self.readers[reader].knownSince[topic] == nil else { return }
        let isAtBeginning = self.readers[reader].begunBefore[topic] == self.records.count
        self.readers[reader].knownSince[topic] = isAtBeginning ? 0 : self.records.count
    }

    /// A reader can't come back for now, or can again.
    mutating func excuse(_ reader: Int, _ isExcused: Bool) { self.readers[reader].isExcused = isExcused }

    /// Whether every reader has a connection now.
    public var areReadersAttached: Bool { self.readers.allSatisfy { $0.attachedAt != nil } }

    /// Where a reader goes on: by topic, the last id that it saw. Topics of which it saw nothing are left out.
    public func cursors(of reader: Int) -> [String: String] {
        var cursors: [String: String] = [:]
        for (topic, id) in zip(self.topics, self.readers[reader].cursors) { cursors[topic] = id?.description }
        return cursors
    }

    /// A message came to a reader. Whatever is wrong with it is counted as a fault.
    public mutating func delivered(_ message: RelayMessage, to reader: Int, at time: Int64) {
        guard let topic = self.topicIndex[message.topic] else {
            return self.found(.foreign, in: 0, "reader \(reader) got a message of '\(message.topic)'")
        }
        guard let id = MessageID(message.messageID) else {
            return self.found(.foreign, in: topic, "reader \(reader) got the id '\(message.messageID)'")
        }
        let isInOrder = self.readers[reader].cursors[topic].map { $0 < id } ?? true
        self.readers[reader].move(topic, to: id)
        guard
            let number = self.number(of: Envelope(message.payload), message.messageID, in: topic, "at reader \(reader)")
        else { return }
        guard self.records[number].audience.includes(reader) else {
            return self.found(.misdelivered, in: topic, "message \(number), \(id), at reader \(reader)")
        }
        let isNew = self.readers[reader].seen.insert(number)
        if isNew { self.noteFirst(number, topic, reader, time) }
        self.check(number, id, topic, reader, isNew: isNew, isInOrder: isInOrder)
    }

    /// - Parameter resumedFrom: the oldest message kept; nil where nothing is, and all that is known so far is gone.
    public mutating func toldGap(_ gap: MessageGap, to reader: Int) {
        guard let topic = self.topicIndex[gap.topic] else { return }
        self.tallies[topic].gaps += 1
        let after = MessageID(gap.after) ?? .zero
        let before = gap.resumedFrom.map { MessageID($0) ?? .zero } ?? self.afterAllKnown(topic)
        self.readers[reader].hasGaps = true
        self.readers[reader].gapsBefore[topic] = self.records.count
        self.readers[reader].gaps[topic].insert(after: after, before: before)
    }

    /// Whether every acknowledged message has reached every reader, or was told as a gap.
    public var isSettled: Bool {
        self.readers.indices.allSatisfy { reader in
            if self.readers[reader].isExcused { return true }
            if self.readers[reader].acknowledgedSeen == self.readers[reader].owed { return true }
            let isOwedAll = !self.readers[reader].hasGaps && self.readers[reader].begin.allSatisfy { $0 == nil }
            return !isOwedAll && self.unseen(by: reader).isEmpty
        }
    }

    private func unseen(by reader: Int) -> [Int] {
        let state = self.readers[reader]
        return self.records.indices.filter { number in
            let record = self.records[number]
            guard record.flags.contains(.acknowledged), record.audience.includes(reader) else { return false }
            guard !state.seen.contains(number) else { return false }
            return !state.wasToldOf(record, number) && !state.beganAfter(record, number)
        }
    }

    private mutating func noteFirst(_ number: Int, _ topic: Int, _ reader: Int, _ time: Int64) {
        let record = self.records[number]
        self.records[number].flags.insert(.seen)
        self.tallies[topic].delivered += 1
        if record.flags.contains(.acknowledged) { self.readers[reader].acknowledgedSeen += 1 }
        if let attachedAt = self.readers[reader].attachedAt, attachedAt <= record.startedAt {
            self.tallies[topic].live.add(nanoseconds: time - record.startedAt)
        } else {
            self.tallies[topic].recovered += 1
            self.tallies[topic].resumed.add(nanoseconds: time - record.startedAt)
        }
    }

    private mutating func check(
        _ number: Int,
        _ id: MessageID,
        _ topic: Int,
        _ reader: Int,
        isNew: Bool,
        isInOrder: Bool
    ) {
        if self.records[number].flags.contains(.refused), isNew {
            self.found(.refusedYetStored, in: topic, "message \(number), delivered to reader \(reader) as \(id)")
        }
        if let known = self.bind(number, to: id) {
            let detail = "message \(number) is \(known), and came to reader \(reader) as \(id)"
            self.found(isNew ? .otherID : .storedTwice, in: topic, detail)
            if isNew, !isInOrder { self.found(.outOfOrder, in: topic, "\(id) at reader \(reader)") }
        } else if !isNew {
            self.found(.repeated, in: topic, "\(id) at reader \(reader)")
        } else if !isInOrder {
            self.found(.outOfOrder, in: topic, "\(id) at reader \(reader)")
        }
    }

    private func afterAllKnown(_ topic: Int) -> MessageID {
        let newest = self.records.lazy.filter { Int($0.topic) == topic && $0.flags.contains(.bound) }.map(\.id).max()
        let last = newest ?? .zero
        return MessageID(milliseconds: last.milliseconds, sequence: last.sequence &+ 1)
    }
}
