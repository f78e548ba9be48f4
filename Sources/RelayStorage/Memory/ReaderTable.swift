import RelayCore
import RelayWire

/// The named readers of the memory store. A part of its ``TopicTable``, so that they go in one step with their topic.
struct ReaderTable {
    private var ofTopic: [TopicKey: [NamedReader: StoredReader]] = [:]
    private var ofUser: [UserID: Set<NamedReader>] = [:]

    subscript(reader: NamedReader) -> StoredReader? { self.ofTopic[reader.topic]?[reader] }

    /// The caller has looked whether the topic is there.
    mutating func create(_ stored: StoredReader, within quota: ReaderQuota) -> ReaderCreation {
        let reader = stored.reader
        if let known = self[reader] { return .existed(known) }
        let bound = quota.refusal(
            topicCount: self.ofTopic[reader.topic]?.count ?? 0,
            userCount: self.ofUser[reader.user]?.count ?? 0
        )
        if let bound { return .refused(bound) }
        self.ofTopic[reader.topic, default: [:]][reader] = stored
        self.ofUser[reader.user, default: []].insert(reader)
        return .created
    }

    /// - Returns: where the reader stands then; nil where there is none.
    mutating func move(_ move: ReaderMove) -> ReaderPosition? {
        guard let moved = self[move.reader]?.moved(by: move) else { return nil }
        self.ofTopic[move.reader.topic]?[move.reader] = moved
        return moved.position
    }

    func readers(of topic: TopicKey) -> [StoredReader] { self.ofTopic[topic].map { Array($0.values) } ?? [] }

    /// - Returns: whether there was such a reader.
    mutating func remove(_ reader: NamedReader) -> Bool {
        guard self.ofTopic[reader.topic]?.removeValue(forKey: reader) != nil else { return false }
        if self.ofTopic[reader.topic]?.isEmpty == true { self.ofTopic[reader.topic] = nil }
        self.ofUser[reader.user]?.remove(reader)
        if self.ofUser[reader.user]?.isEmpty == true { self.ofUser[reader.user] = nil }
        return true
    }

    mutating func removeAll(of topic: TopicKey) {
        for reader in (self.ofTopic[topic] ?? [:]).keys { _ = self.remove(reader) }
    }

    mutating func removeAll(of user: UserID) {
        for reader in self.ofUser[user] ?? [] { _ = self.remove(reader) }
    }

    mutating func sweep(unusedSince moment: Timestamp) {
        let idle = self.ofTopic.values.flatMap { $0.values.filter { $0.usedAt < moment }.map(\.reader) }
        for reader in idle { _ = self.remove(reader) }
    }
}
