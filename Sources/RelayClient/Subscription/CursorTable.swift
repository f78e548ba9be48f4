import RelayWire

/// Where a reader stands in each of its topics, by topic name.
///
/// Ids compare as the relay's (`<ms>-<seq>`, by number). An id of another form can't be compared: it counts as new.
public struct CursorTable: Sendable, Hashable {
    public private(set) var cursors: [String: String]

    public init(_ cursors: [String: String] = [:]) {
        self.cursors = cursors
    }

    public subscript(topic: String) -> String? { self.cursors[topic] }

    /// Moves a topic's cursor to a message that has arrived.
    ///
    /// - Returns: whether the message is new. One that is not after the cursor was seen before, and the cursor stays.
    public mutating func advance(_ topic: String, to messageID: String) -> Bool {
        guard self.isNew(topic, messageID) else { return false }
        self.cursors[topic] = messageID
        return true
    }

    /// Takes over where the relay starts delivery, for topics that have no cursor yet.
    public mutating func adopt(_ starts: [String: String]) {
        self.cursors.merge(starts) { known, _ in known }
    }

    private func isNew(_ topic: String, _ messageID: String) -> Bool {
        guard let cursor = self.cursors[topic], cursor != messageID else { return self.cursors[topic] == nil }
        guard let seen = MessageID(cursor), let arrived = MessageID(messageID) else { return true }
        return seen < arrived
    }
}
