import Foundation
import GRDB
import RelayCore

extension SQLiteStore {
    /// Whether a store was ever made in this directory.
    public static func exists(in directory: String) -> Bool {
        FileManager.default.fileExists(atPath: directory + "/" + Self.fileName)
    }

    static func open(_ path: String, _ options: Options, mayMigrate: Bool) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "pulsar-relay"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(options.busyTimeoutSeconds)
        configuration.maximumReaderCount = max(1, options.readers)
        configuration.prepareDatabase { db in
            // Only counts for a file that is still empty.
            try db.execute(sql: "PRAGMA page_size = \(Schema.pageBytes)")
            try db.execute(sql: "PRAGMA cache_size = -\(max(1, options.cacheBytes / 1024))")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            // Debian's library overwrites all that is deleted, which on a full disk has no room to do it.
            try db.execute(sql: "PRAGMA secure_delete = FAST")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try self.bringUpToDate(pool, path, mayMigrate: mayMigrate)
        try pool.writeWithoutTransaction { db in
            // The pool starts with NORMAL, which may lose the last commits in a power cut.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // A relay's log is brought back by its ``Checkpointer`` instead.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Checkpointer.startPages)")
            // In bytes: what a burst made of the log is given back.
            try db.execute(sql: "PRAGMA journal_size_limit = \(64 << 20)")
        }
        return pool
    }

    /// - Parameter mayMigrate: false where a relay is running on the file.
    private static func bringUpToDate(_ pool: DatabasePool, _ path: String, mayMigrate: Bool) throws {
        let migrator = Schema.migrator
        let (isNewer, isCurrent) = try pool.read { db in
            (try migrator.hasBeenSuperseded(db), try migrator.hasCompletedMigrations(db))
        }
        if isNewer {
            throw StoreError(
                .unavailable,
                "\(path) was written by a newer version of the relay: run that version, or restore a backup from before it"
            )
        }
        guard !isCurrent else { return }
        guard mayMigrate else {
            throw StoreError(
                .unavailable,
                "an older version of the relay is running on \(path): use its own command line, or stop it first"
            )
        }
        try migrator.migrate(pool)
    }
}
