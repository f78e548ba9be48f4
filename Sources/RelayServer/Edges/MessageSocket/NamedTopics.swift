import RelayCore
import RelayWire

/// The topics that a connection reads as named readers, and what its acks are about.
struct NamedTopics {
    /// One topic's.
    struct Entry: Hashable {
        let reader: NamedReader
        /// Whether the reader is made by its first acknowledgement: its topic did not exist.
        let isUnmade: Bool
    }

    /// What an ack of the client's moves.
    struct Target {
        let topic: Topic
        let entry: Entry
        let cursor: Cursor
    }

    private var entries: [TopicName: Entry] = [:]

    mutating func add(_ name: ReaderName, of user: UserID, _ readers: [Reader], unmade: Set<Int>) {
        for (place, reader) in readers.enumerated() {
            let named = NamedReader(topic: reader.topic.key, user: user, name: name)
            self.entries[reader.topic.name] = Entry(reader: named, isUnmade: unmade.contains(place))
        }
    }

    mutating func remove(_ topic: TopicName) {
        self.entries[topic] = nil
    }

    /// - Parameters:
    ///   - topic: which the ack names; nil for the connection's only one.
    ///   - readers: the connection's.
    /// - Returns: nil where the ack has no effect: the topic is not one that the connection reads by name.
    func target(of frame: ClientFrame.AckFrame, _ topic: TopicName?, among readers: [Reader]) -> Target? {
        let reader =
            frame.topic == nil
            ? (readers.count == 1 ? readers[0] : nil) : readers.first { $0.topic.name == topic }
        guard let reader, let entry = self.entries[reader.topic.name] else { return nil }
        return Target(topic: reader.topic, entry: entry, cursor: Cursor(clientText: frame.messageID))
    }
}
