import Dispatch
import GRDB
public import RelayCore
import Synchronization

extension SQLiteStore: StoreLifecycle {
    public var unreadable: UnreadableRecords? { self.places }

    /// Looks at the file and commits one small change, so it waits in the line that publishers wait in. Where there was no room for a
    /// message, it is a change of that size: else the relay would be ready, and refuse what it is there for.
    public func checkHealth() async throws(StoreError) {
        try self.file.check()
        let probe = self.writer.probeBytes
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            let answer = OneAnswer { continuation.resume(returning: $0) }
            self.submit(cost: probe, needsRoom: true, { db, _ in try db.beat(writing: probe) }, { answer.give($0) })
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.healthDeadlineSeconds) {
                answer.give(.failure(StoreError(.unavailable, "no commit within \(Self.healthDeadlineSeconds) s")))
            }
        }
        try result.get()
        guard probe > 0 else { return }
        self.writer.probeSucceeded()
        try await self.write { db, _ in try db.beat(writing: 0) }
    }

    private static let healthDeadlineSeconds = 0.9

    public func close() async {
        await self.writer.close()
        self.checkpointer?.close()
        // The readers first: the log is removed by the last connection, if it is one that writes. A reader may take a
        // moment to end. So the log is merged into the file before that, and only empty files remain beside it.
        self.pool.releaseMemory()
        // Both fail where it is closed already; where the disk is full the log stays, and is read at the next start.
        try? await self.pool.barrierWriteWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        try? self.pool.close()
        self.lock?.release()
    }
}

extension Database {
    /// - Parameter bytes: how much to write, and to keep until the next beat.
    fileprivate func beat(writing bytes: Int) throws {
        try self.run(
            "UPDATE pulse SET beats = beats + 1, padding = CASE WHEN ?1 > 0 THEN zeroblob(?1) END",
            [bytes.databaseValue]
        )
    }
}

/// Passes on the first of several answers.
private final class OneAnswer: Sendable {
    private let give: Mutex<(@Sendable (Result<Void, StoreError>) -> Void)?>

    init(_ give: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        self.give = Mutex(give)
    }

    func give(_ answer: Result<Void, StoreError>) {
        let first = self.give.withLock { give in
            defer { give = nil }
            return give
        }
        first?(answer)
    }
}
