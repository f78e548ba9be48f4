public import RelayClient
import RelayWire

extension Ledger {
    /// Takes a page of a topic's history, oldest first. Pages come in order.
    ///
    /// - Parameter previous: the last id of the page before; nil for the first.
    public mutating func historyPage(_ messages: [RelayMessage], of topicName: String, after previous: String?) {
        guard let topic = self.topicIndex[topicName] else { return }
        var last = previous.flatMap { MessageID($0) }
        for message in messages {
            guard let id = MessageID(message.messageID) else {
                self.found(.foreign, in: topic, "the history has the id '\(message.messageID)'")
                continue
            }
            if let last, id <= last { self.found(.outOfOrder, in: topic, "\(id) in the history, after \(last)") }
            last = id
            self.tallies[topic].stored += 1
            self.noteStored(message, id, topic)
        }
    }

    private mutating func noteStored(_ message: RelayMessage, _ id: MessageID, _ topic: Int) {
        let envelope = Envelope(message.payload)
        guard let number = self.number(of: envelope, message.messageID, in: topic, "in the history") else { return }
        if self.records[number].flags.contains(.stored) {
            self.found(.storedTwice, in: topic, "message \(number) is in the history again, as \(id)")
        } else if let known = self.bind(number, to: id) {
            self.found(.otherID, in: topic, "message \(number) is \(known), and \(id) in the history")
        } else if self.records[number].flags.isSuperset(of: [.refused]), !self.records[number].flags.contains(.seen) {
            self.found(.refusedYetStored, in: topic, "message \(number) is in the history as \(id)")
        }
        self.records[number].flags.insert(.stored)
    }

    /// The whole history of a topic was read.
    ///
    /// - Parameter oldest: the first id in it; nil where it is empty.
    public mutating func historyEnded(of topicName: String, oldest: String?) {
        guard let topic = self.topicIndex[topicName] else { return }
        self.tallies[topic].isHistoryRead = true
        let oldest = oldest.flatMap { MessageID($0) }
        for number in self.records.indices where Int(self.records[number].topic) == topic {
            let record = self.records[number]
            guard !record.flags.isDisjoint(with: [.acknowledged, .seen]), !record.flags.contains(.stored) else {
                continue
            }
            if let oldest, record.id < oldest {
                self.tallies[topic].expired += 1
            } else {
                self.found(.notInHistory, in: topic, "message \(number), \(record.id)")
            }
        }
    }

    /// What is stored of a topic is not looked at message by message.
    mutating func historyNeedsNoReading(of topic: Int) { self.tallies[topic].isHistoryRead = true }

    /// Counts what never arrived. Call once, last.
    ///
    /// - Parameter settlingBeganAt: a reader that has had no connection since then can't be blamed on the relay's
    ///   delivery: what it has not passed is unseen, not lost.
    public mutating func close(settlingBeganAt: Int64) {
        for reader in self.readers.indices { self.closeReader(reader, settlingBeganAt) }
        self.findSharedIDs()
    }

    private mutating func closeReader(_ reader: Int, _ settlingBeganAt: Int64) {
        let state = self.readers[reader]
        let wasReached = state.attachedAt != nil || state.lastAttachedAt >= settlingBeganAt
        for number in self.records.indices where !state.seen.contains(number) {
            let record = self.records[number]
            guard record.audience.includes(reader), Int(record.subject) != reader else { continue }
            guard !record.flags.contains(.optional) else { continue }
            let topic = Int(record.topic)
            let hasPassed = record.flags.contains(.bound) && state.hasPassed(record.id, topic)
            let isAcknowledged = record.flags.contains(.acknowledged)
            let isKnown = !record.flags.isDisjoint(with: [.seen, .stored])
            guard isAcknowledged || (isKnown && hasPassed) else { continue }
            if state.beganAfter(record, number) {
                continue
            } else if state.wasToldOf(record, number) {
                self.tallies[topic].toldAsGap += 1
            } else if state.isExcused, !hasPassed {
                continue
            } else if hasPassed || wasReached {
                let end = hasPassed ? "passed over" : "not there at the end"
                self.found(.lost, in: topic, "message \(number), \(record.id), at reader \(reader): \(end)")
            } else {
                self.tallies[topic].unseen += 1
            }
        }
    }

    private mutating func findSharedIDs() {
        for topic in self.topics.indices {
            let ids = self.records.filter { Int($0.topic) == topic && $0.flags.contains(.bound) }.map(\.id).sorted()
            for (id, next) in zip(ids, ids.dropFirst()) where id == next {
                self.found(.sharedID, in: topic, "\(id)")
            }
        }
    }
}
