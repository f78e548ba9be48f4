import RelayClient
import RelayWire

extension Ledger {
    /// The publisher of what the relay says itself.
    private static let relay = 0xFFFF

    /// The relay's own word came to a reader. Nobody has published it: that it came to one reader is how it is known.
    ///
    /// - Parameters:
    ///   - audience: whom it is for.
    ///   - subject: the reader that it is about, and that may be told otherwise; nil for none.
    ///   - isOptional: whether those whom it is for may be told otherwise.
    mutating func deliveredNews(
        _ message: RelayMessage,
        for audience: Audience,
        about subject: Int? = nil,
        isOptional: Bool = false,
        to reader: Int,
        at time: Int64
    ) {
        guard let topic = self.topicIndex[message.topic], let id = MessageID(message.messageID) else {
            return self.found(.foreign, in: 0, "reader \(reader) got '\(message.messageID)' of '\(message.topic)'")
        }
        let isInOrder = self.readers[reader].cursors[topic].map { $0 < id } ?? true
        self.readers[reader].move(topic, to: id)
        guard audience.includes(reader) else {
            return self.found(.misdelivered, in: topic, "the relay's \(id), at reader \(reader)")
        }
        let number = self.newsNumber(of: id, topic, audience, time)
        let isNew = self.readers[reader].seen.insert(number)
        self.records[number].flags.formUnion(isOptional ? [.seen, .optional] : [.seen])
        if let subject { self.records[number].subject = UInt8(subject) }
        if !isNew {
            self.found(.repeated, in: topic, "the relay's \(id), at reader \(reader)")
        } else if !isInOrder {
            self.found(.outOfOrder, in: topic, "the relay's \(id), at reader \(reader)")
        }
    }

    private mutating func newsNumber(of id: MessageID, _ topic: Int, _ audience: Audience, _ time: Int64) -> Int {
        let known = self.records.lastIndex { record in
            record.publisher == Self.relay && record.id == id && Int(record.topic) == topic
        }
        if let known { return known }
        var record = MessageRecord(startedAt: time, topic: topic, publisher: Self.relay, audience: audience)
        record.id = id
        record.flags = [.bound]
        self.records.append(record)
        return self.records.count - 1
    }
}
