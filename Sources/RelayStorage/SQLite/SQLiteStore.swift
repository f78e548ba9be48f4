import GRDB
public import RelayCore
import Synchronization

/// The embedded store: one SQLite file, `pulsar-relay.sqlite3`, in the data directory.
///
/// An append is answered when its transaction is synced to the disk, so it survives `kill -9` and, where the disk keeps
/// its promises, a power cut. All appends and changes that wait at one moment share one transaction.
///
/// One relay opens a directory at a time, since each believes to know its streams' ends: see ``StreamCache``. A guest may open it as well
/// (`user create` on the command line); it waits for the relay's transaction, up to the busy timeout.
public final class SQLiteStore: Sendable {
    public static let fileName = "pulsar-relay.sqlite3"

    /// What the process that opens the store does with it.
    public enum Role: Hashable, Sendable {
        /// Everything, and it alone.
        case relay
        /// Anything but appending messages, beside a relay that may be running.
        case guest
    }

    /// Reads that may run or wait. Readers of the relay have one under way each; what exceeds this is refused.
    static let maxReads = 16_384

    let pool: DatabasePool
    let file: DatabaseFile
    let writer: Writer
    let checkpointer: Checkpointer?
    let places = UnreadableRecords()
    /// Nil for a guest.
    let lock: DirectoryLock?
    private let reads = Atomic<Int>(0)

    /// Opens the file, or creates it, and brings its schema up to date. Blocks while it does.
    ///
    /// - Parameter directory: created with mode 0700 where it does not exist; the file gets mode 0600.
    /// - Throws: `unavailable` also where another relay has the directory, or a newer version has written the file.
    public init(directory: String, as role: Role = .relay, options: Options = Options()) throws(StoreError) {
        do {
            self.file = try DatabaseFile(directory: directory)
            switch (role, try DirectoryLock.attempt(in: directory)) {
            case (.relay, .held(let holder)):
                throw StoreError(
                    .unavailable,
                    "\(directory) is in use by \(holder). Two relays can't share a directory: stop that one, or set another data_dir"
                )
            case (.relay, .taken(let lock)):
                self.lock = lock
                self.pool = try Self.open(self.file.path, options, mayMigrate: true)
            case (.guest, .held):
                self.lock = nil
                self.pool = try Self.open(self.file.path, options, mayMigrate: false)
            case (.guest, .taken(let lock)):
                defer { lock.release() }
                self.lock = nil
                self.pool = try Self.open(self.file.path, options, mayMigrate: true)
            }
            self.checkpointer = role == .relay ? try Checkpointer(path: self.file.path, watching: self.pool) : nil
            self.writer = Writer(
                pool: self.pool,
                file: self.file,
                checkpointer: self.checkpointer,
                maxQueuedBytes: max(0, options.maxQueuedBytes)
            )
        } catch {
            throw StoreError(sqlite: error)
        }
    }

    // MARK: - Running on the connections

    /// In order with all other writes, inside their transaction.
    ///
    /// - Parameters:
    ///   - cost: see ``WriteJob/cost``.
    ///   - needsRoom: see ``WriteJob/needsRoom``.
    func write<Value: Sendable>(
        cost: Int = SQLiteStore.smallJob,
        needsRoom: Bool = false,
        _ body: @escaping @Sendable (Database, inout StreamCache) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            self.submit(cost: cost, needsRoom: needsRoom, body) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// An allowance for jobs other than appends, in bytes.
    static let smallJob = 1024

    func submit<Value: Sendable>(
        cost: Int,
        needsRoom: Bool = false,
        _ body: @escaping @Sendable (Database, inout StreamCache) throws -> Value,
        _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        let job = WriteJob(
            cost: cost,
            needsRoom: needsRoom,
            perform: { db, cache in
                let value = try body(db, &cache)
                return { completion(.success(value)) }
            },
            fail: { completion(.failure($0)) }
        )
        self.writer.submit(job)
    }

    /// On one of the readers, in a transaction: all of it sees one instant.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            self.read(body) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        guard !self.writer.isClosed else {
            return completion(.failure(StoreError(.unavailable, "the store is closed")))
        }
        let before = self.reads.add(1, ordering: .relaxed).oldValue
        guard before < Self.maxReads else {
            self.reads.subtract(1, ordering: .relaxed)
            return completion(.failure(StoreError(.unavailable, "\(before) reads are under way")))
        }
        self.pool.asyncRead { database in
            let result = Result { try body(try database.get()) }.mapError { StoreError(sqlite: $0) }
            self.reads.subtract(1, ordering: .relaxed)
            completion(result)
        }
    }
}
