import RelayCore
import RelayWire

/// Where an event stream begins in each of its topics, and how a cursor on several topics is written as one event id.
///
/// With one topic the event id is the message's id. With several it is `a:<id>,b:<id>`: every topic's cursor, so that whatever
/// event a client saw last, its id alone is enough to go on. Where the client wants epochs each `<id>` is `<epoch>@<id>`.
struct EventStreamStart {
    private let cursors: [TopicName: Cursor]
    private let other: ReaderStart
    /// Whether event ids tell of epochs: where the client says so, or has come with such an id.
    let tellsEpochs: Bool

    /// - Parameters:
    ///   - lastEventID: what the client saw last; it outweighs `offset`. Text that is no such id begins at the oldest message.
    ///   - offset: `last` (the default), `earliest`, or a message id, for topics without a cursor.
    ///   - epochs: `1` for event ids with epochs.
    init(lastEventID: String?, offset: String?, topics: [TopicName], epochs: String? = nil) {
        self.tellsEpochs = epochs == "1" || lastEventID?.contains("@") == true
        self.cursors = lastEventID.map { Self.cursors(in: $0, topics) } ?? [:]
        switch offset {
        case nil, "last": self.other = .tail
        case "earliest": self.other = .cursor(.oldest)
        case .some(let id): self.other = .cursor(Cursor(clientText: id))
        }
    }

    func start(of topic: TopicName) -> ReaderStart {
        self.cursors[topic].map(ReaderStart.cursor) ?? self.other
    }

    private static func cursors(in text: String, _ topics: [TopicName]) -> [TopicName: Cursor] {
        guard text.contains(":") else {
            let cursor = topics.count == 1 ? Cursor(clientText: text) : .oldest
            return Dictionary(topics.map { ($0, cursor) }) { first, _ in first }
        }
        var cursors: [TopicName: Cursor] = [:]
        for entry in text.split(separator: ",") {
            guard let colon = entry.lastIndex(of: ":") else { continue }
            let name = entry[..<colon]
            guard let topic = topics.first(where: { $0.rawValue == name }) else { continue }
            cursors[topic] = Cursor(clientText: entry[entry.index(after: colon)...])
        }
        return cursors
    }

    /// - Parameter cursors: each topic's, as text; at least one.
    static func eventID(_ cursors: [(topic: TopicName, text: String)]) -> String {
        guard cursors.count > 1 else { return cursors[0].text }
        return cursors.map { "\($0.topic):\($0.text)" }.joined(separator: ",")
    }
}
