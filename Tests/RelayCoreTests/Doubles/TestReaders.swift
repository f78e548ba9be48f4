import RelayCore
import RelayWire
import Synchronization

/// A store of named readers whose tests decide what it says, and when.
final class TestReaders: ReaderStore {
    struct State {
        var readers: [NamedReader: StoredReader] = [:]
        /// What the next moves fail with, one each; nil: that one succeeds.
        var faults: [Fault?] = []
        var moveCalls: [[ReaderMove]] = []
        var creationAnswer: ReaderCreation?
        var beforeMoves: (@Sendable () async -> Void)?
    }

    struct Fault: Sendable {
        var isStored = false
    }

    let state = Mutex(State())

    subscript(reader: NamedReader) -> StoredReader? { self.state.withLock { $0.readers[reader] } }

    func createReader(_ reader: StoredReader, within quota: ReaderQuota) async throws(StoreError) -> ReaderCreation {
        self.state.withLock { state in
            if let answer = state.creationAnswer { return answer }
            if let known = state.readers[reader.reader] { return .existed(known) }
            state.readers[reader.reader] = reader
            return .created
        }
    }

    func reader(_ reader: NamedReader) async throws(StoreError) -> StoredReader? { self[reader] }

    func moveReaders(_ moves: [ReaderMove]) async throws(StoreError) -> [ReaderPosition?] {
        await self.state.withLock { $0.beforeMoves }?()
        let (fault, positions) = self.state.withLock { state -> (Fault?, [ReaderPosition?]) in
            state.moveCalls.append(moves)
            let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
            if let fault, !fault.isStored { return (fault, []) }
            let positions = moves.map { move in
                state.readers[move.reader] = state.readers[move.reader]?.moved(by: move)
                return state.readers[move.reader]?.position
            }
            return (fault, positions)
        }
        guard fault == nil else { throw StoreError(.outcomeUnknown, "not now") }
        return positions
    }

    func readers(
        of topic: TopicKey,
        ofUser user: UserID?,
        after reader: NamedReader?,
        limit: Int
    ) async throws(StoreError) -> [StoredReader] {
        let all = self.state.withLock { Array($0.readers.values) }
        return Array(all.filter { $0.reader.topic == topic && (user == nil || $0.reader.user == user) }.prefix(limit))
    }

    func deleteReader(_ reader: NamedReader) async throws(StoreError) -> Bool {
        self.state.withLock { $0.readers.removeValue(forKey: reader) != nil }
    }

    func sweepReaders(unusedSince moment: Timestamp) async throws(StoreError) {
        self.state.withLock { state in state.readers = state.readers.filter { $0.value.usedAt >= moment } }
    }
}
