import RelayWire

extension Ledger {
    /// Publishers begin: from here on the time without an acknowledgement counts.
    public mutating func publishingBegan(at time: Int64) {
        self.acknowledgements.began(at: time)
    }

    /// The last publisher has ended.
    public mutating func publishingEnded(at time: Int64) {
        self.acknowledgements.acknowledged(at: time)
    }

    /// Call before the first attempt.
    ///
    /// - Returns: the message's number, for its ``Envelope``.
    public mutating func publishBegan(
        publisher: Int,
        topic: Int,
        at time: Int64,
        for audience: Audience = .all
    ) -> Int {
        self.records.append(
            MessageRecord(startedAt: time, topic: topic, publisher: publisher, audience: audience)
        )
        self.tallies[topic].published += 1
        return self.records.count - 1
    }

    /// The relay says that it has stored the message under `id`.
    public mutating func publishAcknowledged(_ number: Int, id text: String, at time: Int64) {
        let topic = Int(self.records[number].topic)
        self.acknowledgements.acknowledged(at: time)
        guard !self.records[number].flags.contains(.acknowledged) else { return }
        self.noteAcknowledged(number)
        guard let id = MessageID(text) else {
            return self.found(.foreign, in: topic, "message \(number) was acknowledged under the id '\(text)'")
        }
        if let known = self.bind(number, to: id) {
            self.found(.otherID, in: topic, "message \(number) was acknowledged as \(id), and delivered as \(known)")
        }
    }

    /// The relay has taken the message, without saying under which id.
    mutating func publishTaken(_ number: Int, at time: Int64) {
        self.acknowledgements.acknowledged(at: time)
        guard !self.records[number].flags.contains(.acknowledged) else { return }
        self.noteAcknowledged(number)
    }

    private mutating func noteAcknowledged(_ number: Int) {
        self.records[number].flags.insert(.acknowledged)
        self.tallies[Int(self.records[number].topic)].acknowledged += 1
        let audience = self.records[number].audience
        for index in self.readers.indices where audience.includes(index) {
            self.readers[index].owed += 1
            if self.readers[index].seen.contains(number) { self.readers[index].acknowledgedSeen += 1 }
        }
    }

    /// The relay says that it has not stored the message, and no earlier attempt can have stored it.
    public mutating func publishRefused(_ number: Int) {
        self.records[number].flags.insert(.refused)
        self.tallies[Int(self.records[number].topic)].refused += 1
    }
}
