import RelayCore
import RelayWire

/// Where an event stream begins in each of its topics, by the event id that its client saw last.
///
/// With one topic the event id is the message's id. With several it is `a:<id>,b:<id>`: every topic's cursor, so that whatever
/// event a client saw last, its id alone is enough to go on. Where the client wants epochs each `<id>` is `<epoch>@<id>`.
struct EventStreamStart {
    private let cursors: [TopicName: Cursor]
    private let other: ReaderStart
    /// Whether event ids tell of epochs: where the client says so, or has come with such an id.
    let tellsEpochs: Bool

    /// - Parameters:
    ///   - lastEventID: what the client saw last; it outweighs `offset`. Empty is the same as nil. Where it can't be read as a whole, topics
    ///     for which it gives no cursor begin at the oldest message, since nobody knows what the client has seen of them.
    ///   - offset: `last` (the default), `earliest`, or a message id, for topics that `lastEventID` does not name.
    ///   - epochs: `1` for event ids with epochs.
    init(lastEventID: String?, offset: String?, topics: [TopicName], epochs: String? = nil) {
        self.tellsEpochs = epochs == "1" || lastEventID?.contains("@") == true
        let seen = lastEventID.flatMap { $0.isEmpty ? nil : SeenEvent($0, topics) }
        self.cursors = seen?.cursors ?? [:]
        self.other = seen?.isDamaged == true ? .cursor(.oldest) : ReaderStart(offset: offset ?? "")
    }

    init(_ request: EventStreamRequest, topics: [TopicName]) {
        self.init(
            lastEventID: request.lastEventID,
            offset: request.offset,
            topics: topics,
            epochs: request.epochs
        )
    }

    func start(of topic: TopicName) -> ReaderStart {
        self.cursors[topic].map(ReaderStart.cursor) ?? self.other
    }

    /// Whether the client says where it is in the topic.
    func hasCursor(of topic: TopicName) -> Bool { self.cursors[topic] != nil }

    /// What an event id says.
    private struct SeenEvent {
        /// Of those topics that it names.
        var cursors: [TopicName: Cursor] = [:]
        /// Whether some of it is no cursor of a topic.
        var isDamaged = false

        init(_ text: String, _ topics: [TopicName]) {
            if topics.count == 1, !text.contains(":") {
                self.cursors[topics[0]] = Cursor(clientText: text)
                return
            }
            for entry in text.split(separator: ",", omittingEmptySubsequences: false) { self.read(entry, topics) }
        }

        private mutating func read(_ entry: Substring, _ topics: [TopicName]) {
            let colon = entry.lastIndex(of: ":") ?? entry.startIndex
            let name = String(entry[..<colon])
            guard let topic = topics.first(where: { $0.rawValue == name }) ?? TopicName(client: name) else {
                self.isDamaged = true
                return
            }
            let cursor = Cursor(clientText: entry[entry.index(after: colon)...])
            if cursor == .oldest { self.isDamaged = true }
            // Of a topic that comes twice the earlier place is certain to lose nothing.
            if let other = self.cursors[topic], other.id <= cursor.id { return }
            self.cursors[topic] = cursor
        }
    }
}
