import GRDB
import GRDBSQLite
import Synchronization

/// Brings the write-ahead log back into the database file, on a connection of its own, so that no commit waits for most of that work.
///
/// While it copies, commits go on, and what they add to the log is left over. The writer copies that itself, and the log begins anew: a
/// commit waits for the rest alone.
final class Checkpointer: Sendable {
    /// At this size of the log it is begun: 32 MiB, in pages.
    static let begins = (32 << 20) / Schema.pageBytes
    /// At this size the writer waits for it: the disk is slower than the publishers.
    static let isAwaited = 4 * Checkpointer.begins

    private enum Phase: Int, AtomicRepresentable {
        case idle
        case copying
        /// The rest is the writer's to copy.
        case copied
    }

    private let connection: DatabaseQueue
    private let phase = Atomic<Phase>(.idle)
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
        switch self.phase.load(ordering: .acquiring) {
        case .idle:
            guard pages >= Self.begins else { return }
            self.phase.store(.copying, ordering: .relaxed)
            self.connection.asyncWriteWithoutTransaction { db in
                _ = try? db.checkpoint(.passive)
                self.phase.store(.copied, ordering: .releasing)
            }
        case .copying:
            if pages >= Self.isAwaited { self.finish() }
        case .copied:
            self.phase.store(.idle, ordering: .relaxed)
            // What a reader still needs is copied the next time.
            _ = try? writer.checkpoint(.passive)
        }
    }

    /// Returns when nothing is being copied.
    func finish() {
        self.connection.writeWithoutTransaction { _ in }
    }

    /// Returns when nothing is being copied, and nothing will be.
    func close() {
        try? self.connection.close()
    }
}
