import GRDB
import GRDBSQLite
import Synchronization

/// Brings the write-ahead log back into the database file, on a connection of its own, so that no commit waits for most of that work.
///
/// While it copies, commits go on, and what they add to the log is left over. The writer copies that itself, and the log begins anew: a
/// commit waits for the rest alone.
final class Checkpointer: Sendable {
    /// The log's size at which copying starts: 32 MiB.
    static let startPages = (32 << 20) / Schema.pageBytes
    /// The size at which the writer waits for it: the disk is slower than the publishers.
    static let waitPages = 4 * Checkpointer.startPages

    /// What the writer may copy between two commits: 2 MiB.
    private static let restPages = (2 << 20) / Schema.pageBytes
    /// How often it is copied before the rest is left to the writer, however much that is.
    private static let maxPasses = 8

    private enum Phase {
        case idle
        case copying
        /// The rest is the writer's to copy.
        case copied
        /// Final.
        case closed
    }

    /// What the writer does before its next commit.
    private enum Action {
        case nothing
        case wait
        case copyRest
    }

    private let connection: DatabaseQueue
    /// The connection is used under the lock alone, or from its own queue: so nothing comes to it once it is closed.
    private let phase = Mutex(Phase.idle)
    /// What the log held after the last commit. Written and read on the writer's queue.
    private let logPages = Atomic<Int>(0)

    /// - Parameters:
    ///   - path: of the database.
    ///   - writer: the connection that commits; it no longer copies the log by itself. This has to live as long as it does.
    init(path: String, watching writer: DatabasePool) throws {
        var configuration = Configuration()
        configuration.label = "pulsar-relay.checkpoints"
        self.connection = try DatabaseQueue(path: path, configuration: configuration)
        writer.writeWithoutTransaction { db in
            let context = unsafe Unmanaged.passUnretained(self).toOpaque()
            _ = unsafe sqlite3_wal_hook(
                db.sqliteConnection,
                { context, _, _, pages in
                    guard let context = unsafe context else { return SQLITE_OK }
                    unsafe Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue()
                        .logPages.store(Int(pages), ordering: .relaxed)
                    return SQLITE_OK
                },
                context
            )
        }
    }

    /// A transaction was committed on `writer`, whose queue this is called on.
    func committed(on writer: Database) {
        let pages = self.logPages.load(ordering: .relaxed)
        let action = self.phase.withLock { phase -> Action in
            switch phase {
            case .idle:
                guard pages >= Self.startPages else { return .nothing }
                phase = .copying
                self.connection.asyncWriteWithoutTransaction { self.copy($0) }
                return .nothing
            case .copying:
                return pages >= Self.waitPages ? .wait : .nothing
            case .copied:
                phase = .idle
                return .copyRest
            case .closed:
                return .nothing
            }
        }
        switch action {
        case .nothing: break
        case .wait: self.finish()
        // What a reader still needs is copied the next time.
        case .copyRest: _ = try? writer.checkpoint(.passive)
        }
    }

    /// Copies what there is, and again what came meanwhile, until that is little.
    private func copy(_ db: Database) {
        for _ in 0..<Self.maxPasses {
            guard let copied = try? db.checkpoint(.passive).checkpointedFrameCount else { break }
            if self.logPages.load(ordering: .relaxed) - copied <= Self.restPages { break }
        }
        self.phase.withLock { phase in
            if case .copying = phase { phase = .copied }
        }
    }

    /// Returns when nothing is being copied.
    func finish() {
        self.connection.writeWithoutTransaction { _ in }
    }

    /// Returns when nothing is being copied, and nothing will be.
    func close() {
        self.phase.withLock { $0 = .closed }
        try? self.connection.close()
    }
}
