import RelayWire

/// Where a reader stands in each of its topics, by topic name.
///
/// A cursor is a message id, or `epoch@id` where the relay has told the epoch: the history that the id belongs to. Ids compare as the
/// relay's (`<ms>-<seq>`, by number). An id of another form can't be compared: it counts as new.
public struct CursorTable: Sendable, Hashable {
    /// By topic, for those of which something was seen.
    public private(set) var cursors: [String: String]
    /// Topics that a gap has brought to another epoch, where no message has come since.
    private var entered: [String: String] = [:]

    /// A table that begins with these.
    public init(_ cursors: [String: String] = [:]) {
        self.cursors = cursors
    }

    /// The topic's cursor; nil for a topic of which nothing was seen.
    public subscript(topic: String) -> String? { self.cursors[topic] }

    /// Moves a topic's cursor to a message that has arrived.
    ///
    /// - Returns: whether the message is new. One that is not after the cursor was seen before, and the cursor stays.
    public mutating func advance(_ topic: String, to messageID: String) -> Bool {
        let (epoch, seen) = Self.parts(of: self.cursors[topic])
        if let entered = self.entered.removeValue(forKey: topic) {
            self.cursors[topic] = "\(entered)@\(messageID)"
            return true
        }
        guard self.isNew(messageID, after: seen) else { return false }
        self.cursors[topic] = epoch.map { "\($0)@\(messageID)" } ?? messageID
        return true
    }

    /// Takes over where the relay starts delivery, for topics that have no cursor yet; and its epochs, for cursors without one.
    public mutating func adopt(_ starts: [String: String]) {
        for (topic, start) in starts {
            guard self.cursors[topic] != nil else {
                self.cursors[topic] = start
                continue
            }
            if let epoch = Self.parts(of: start).epoch { self.adopt(epochs: [topic: epoch]) }
        }
    }

    /// Takes over the epochs of cursors that have none yet.
    public mutating func adopt(epochs: [String: String]) {
        for (topic, epoch) in epochs {
            guard case (nil, let id?) = Self.parts(of: self.cursors[topic]) else { continue }
            self.cursors[topic] = "\(epoch)@\(id)"
        }
    }

    /// Takes a gap that the relay has told. If the topic continues in another epoch, its next message is new,
    /// whatever its id. Until that message comes the cursor stays, so that a reader that reconnects before is told of
    /// the gap again.
    public mutating func take(_ gap: MessageGap) {
        guard let epoch = gap.epoch, Self.parts(of: self.cursors[gap.topic]).epoch != epoch else { return }
        self.entered[gap.topic] = epoch
    }

    private static func parts(of cursor: String?) -> (epoch: String?, id: String?) {
        guard let cursor, let mark = cursor.firstIndex(of: "@") else { return (nil, cursor) }
        return (String(cursor[..<mark]), String(cursor[cursor.index(after: mark)...]))
    }

    private func isNew(_ messageID: String, after cursor: String?) -> Bool {
        guard let cursor, cursor != messageID else { return cursor == nil }
        guard let seen = MessageID(cursor), let arrived = MessageID(messageID) else { return true }
        return seen < arrived
    }
}
