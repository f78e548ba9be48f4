public import RelayCore
public import RelayWire
import Synchronization

extension MemoryStore: ReaderStore {
    public func createReader(
        _ reader: StoredReader,
        within quota: ReaderQuota
    ) async throws(StoreError) -> ReaderCreation {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            guard table.contains(reader.reader.topic) else { return .topicMissing }
            return table.readers.create(reader, within: quota)
        }
    }

    public func reader(_ reader: NamedReader) async throws(StoreError) -> StoredReader? {
        try self.checkOpen()
        return self.topicTable.withLock { $0.readers[reader] }
    }

    public func moveReaders(_ moves: [ReaderMove]) async throws(StoreError) -> [ReaderPosition?] {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            var positions: [ReaderPosition?] = []
            for move in moves { positions.append(table.readers.move(move)) }
            return positions
        }
    }

    public func readers(
        of topic: TopicKey,
        ofUser user: UserID?,
        after reader: NamedReader?,
        limit: Int
    ) async throws(StoreError) -> [StoredReader] {
        try self.checkOpen()
        let all = self.topicTable.withLock { $0.readers.readers(of: topic) }
        return all.page(ofUser: user, after: reader, limit: limit)
    }

    public func deleteReader(_ reader: NamedReader) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.topicTable.withLock { $0.readers.remove(reader) }
    }

    public func sweepReaders(unusedSince moment: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.topicTable.withLock { $0.readers.sweep(unusedSince: moment) }
    }
}
