public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore: ReaderStore {
    /// What one script takes.
    private static let readersAtOnce = 512

    public func createReader(
        _ reader: StoredReader,
        within quota: ReaderQuota
    ) async throws(StoreError) -> ReaderCreation {
        let (layout, name) = (self.layout, reader.reader)
        // In a cluster the record of a topic whose name is a path lies in another slot, so it is looked for before. A topic that goes
        // meanwhile leaves the reader behind, which goes once nobody has used it for long.
        let isApart = name.topic.isPath && self.waiting.isCluster
        if isApart, try await self.send("EXISTS", layout.record(name.topic)).integer == 0 { return .topicMissing }
        let reply = try await self.run(
            CreateReaderScript.script,
            keys: [
                isApart ? layout.fence : layout.record(name.topic), layout.readers(of: name.topic),
                layout.userReadersPrefix + name.user.rawValue,
                layout.readerUses,
            ],
            name.arguments + [
                .init(reader.storedText), .init(reader.usedAt.microseconds), .init(quota.maxPerTopic),
                .init(quota.maxPerUser), .init(isApart ? 1 : 0),
            ]
        )
        switch reply.text {
        case "created": return .created
        case "topicMissing": return .topicMissing
        case "ofTopic": return .refused(.ofTopic)
        case "ofUser": return .refused(.ofUser)
        case let value: return .existed(try StoredReader(name, storedText: value ?? ""))
        }
    }

    public func reader(_ reader: NamedReader) async throws(StoreError) -> StoredReader? {
        let field = ValkeyArgument("\(reader.user) \(reader.name)")
        guard let text = try await self.send("HGET", self.layout.readers(of: reader.topic), field).text else {
            return nil
        }
        return try StoredReader(reader, storedText: text)
    }

    public func moveReaders(_ moves: [ReaderMove]) async throws(StoreError) -> [ReaderPosition?] {
        var positions: [ReaderPosition?] = []
        for start in stride(from: 0, to: moves.count, by: Self.readersAtOnce) {
            positions += try await self.moveSome(moves[start..<min(moves.count, start + Self.readersAtOnce)])
        }
        return positions
    }

    private func moveSome(_ moves: ArraySlice<ReaderMove>) async throws(StoreError) -> [ReaderPosition?] {
        let reply = try await self.run(
            MoveReadersScript.script,
            keys: [self.layout.readerUses] + moves.map { self.layout.readers(of: $0.reader.topic) },
            moves.flatMap { move in
                move.reader.arguments + [
                    .init(StreamEpoch.text(of: move.position.epoch)), .init(move.position.id.description),
                    .init(move.at.microseconds), .init(move.isForced ? 1 : 0),
                ]
            }
        )
        guard let values = reply.array, values.count == moves.count else { throw .unexpected("to moves of readers") }
        return try zip(moves, values).map { (move, value) throws(StoreError) in
            guard let text = value.text, !text.isEmpty else { return nil }
            return try StoredReader(move.reader, storedText: text).position
        }
    }

    public func readers(
        of topic: TopicKey,
        ofUser user: UserID?,
        after reader: NamedReader?,
        limit: Int
    ) async throws(StoreError) -> [StoredReader] {
        // As many as a topic may have.
        let fields = try HashFields(try await self.send("HGETALL", self.layout.readers(of: topic)))
        let readers = fields.texts.compactMap { field, value in
            self.readable("reader \(field) of topic \(topic)") { () throws(StoreError) in
                let parts = field.split(separator: " ").map(String.init)
                guard parts.count == 2, let name = ReaderName(parts[1]) else {
                    throw StoreError(.corrupt, "\(field) names no reader")
                }
                return try StoredReader(
                    NamedReader(topic: topic, user: UserID(parts[0]), name: name),
                    storedText: value
                )
            }
        }
        return readers.page(ofUser: user, after: reader, limit: limit)
    }

    public func deleteReader(_ reader: NamedReader) async throws(StoreError) -> Bool {
        let layout = self.layout
        let reply = try await self.run(
            DeleteReaderScript.script,
            keys: [layout.fence],
            reader.arguments + [
                .init(layout.readersPrefix), .init(layout.userReadersPrefix), .init(layout.readerUses),
            ]
        )
        return reply.integer == 1
    }

    public func sweepReaders(unusedSince moment: Timestamp) async throws(StoreError) {
        let layout = self.layout
        while true {
            let reply = try await self.run(
                SweepReadersScript.script,
                keys: [layout.fence, layout.readerUses],
                [
                    .init(moment.microseconds), .init(Self.readersAtOnce), .init(layout.readersPrefix),
                    .init(layout.userReadersPrefix),
                ]
            )
            guard reply.integer == Int64(Self.readersAtOnce) else { return }
        }
    }
}

extension KeyLayout {
    fileprivate func readers(of topic: TopicKey) -> String { self.readersPrefix + topic.description }
}

extension NamedReader {
    fileprivate var arguments: [ValkeyArgument] {
        [.init(self.topic.description), .init(self.user.rawValue), .init(self.name.rawValue)]
    }
}

extension StoredReader {
    fileprivate var storedText: String {
        let epoch = StreamEpoch.text(of: self.position.epoch)
        return "\(epoch) \(self.position.id) \(self.createdAt.microseconds) \(self.usedAt.microseconds)"
    }

    fileprivate init(_ reader: NamedReader, storedText: String) throws(StoreError) {
        var fields = FieldReader(storedText)
        guard let epoch = fields.text().flatMap({ StreamEpoch.id($0) }), let id = fields.id(),
            let createdAt = fields.moment(), let usedAt = fields.moment()
        else { throw StoreError(.corrupt, "'\(storedText.prefix(100))' is no place of a reader") }
        self.init(
            reader: reader,
            position: ReaderPosition(epoch: epoch, id: id),
            createdAt: createdAt,
            usedAt: usedAt
        )
    }
}
