import Foundation
import GRDB
import Glibc
import RelayCore

/// Makes copies of a relay's database in one file, while a relay works on it or while none does.
public enum SQLiteBackup {
    /// How far the copying is.
    public struct Progress: Hashable, Sendable {
        /// In bytes.
        public let copied: Int
        /// In bytes.
        public let total: Int
    }

    /// Copies what the database of a directory holds at the moment at which the copying begins. Blocks while it does.
    ///
    /// The relay goes on writing meanwhile. Its write-ahead log grows by what it writes until the copy is made. The copy gets its name when it
    /// is whole, was checked and is on the disk. So a file of that name is a good one, however the copying ends. What it leaves when the process
    /// is killed is called `FILE.partial`, and the next backup to that file begins anew there.
    ///
    /// - Parameters:
    ///   - directory: the data directory. Its database may be of an older or a newer version.
    ///   - path: the copy's file, which must not exist; it gets mode 0600.
    ///   - progress: called after each step of some megabytes. What it throws ends the copying, and is thrown.
    /// - Returns: the copy's size, in bytes.
    /// - Throws: `full` where the disk has no room for it, `corrupt` where the copy is not sound, else `unavailable`. Then nothing is left.
    @discardableResult
    public static func make(
        of directory: String,
        at path: String,
        progress: (Progress) throws -> Void = { _ in }
    ) throws -> Int {
        guard SQLiteStore.exists(in: directory) else {
            throw StoreError(.unavailable, "there is no database in '\(directory)'")
        }
        guard !FileManager.default.fileExists(atPath: path) else { throw Self.isThere(path) }
        let draft = try DraftFile(of: path)
        do {
            try Self.copy(directory + "/" + SQLiteStore.fileName, to: draft, progress)
            try DatabaseCheck.run(on: draft.path)
            return try draft.keep(as: path)
        } catch {
            draft.discard()
            throw Self.plain(error, path)
        }
    }

    private static func copy(_ source: String, to draft: DraftFile, _ progress: (Progress) throws -> Void) throws {
        let (from, to) = (try Self.source(source), try Self.target(draft.path))
        defer { for queue in [from, to] { try? queue.close() } }
        // One transaction: all pages are of one moment, and what a relay commits meanwhile does not make the copying begin again.
        try from.read { from in
            let pageBytes = try Int.fetchOne(from, sql: "PRAGMA page_size") ?? Schema.pageBytes
            let pages = try Int.fetchOne(from, sql: "PRAGMA page_count") ?? 0
            try CopyRoom(from: source, to: draft.path).check(bytes: pages * pageBytes)
            try to.writeWithoutTransaction { to in
                // The library takes a closure that could outlive the call, and doesn't keep it.
                try withoutActuallyEscaping(progress) { progress in
                    try from.backup(to: to, pagesPerStep: Self.pagesPerStep) { step in
                        let copied = step.totalPageCount - step.remainingPageCount
                        try progress(Progress(copied: copied * pageBytes, total: step.totalPageCount * pageBytes))
                    }
                }
            }
        }
    }

    /// Of 8 KiB each.
    private static let pagesPerStep: CInt = 512

    private static func source(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "pulsar-relay-backup"
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Nothing of it counts before it is whole, so it needs no journal.
    private static func target(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "pulsar-relay-copy"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    static func isThere(_ path: String) -> StoreError {
        StoreError(.unavailable, "\(path) is there already, and a backup overwrites nothing: give another name")
    }

    /// Errors of SQLite as those of a store; others, such as what `progress` throws, stay as they are.
    private static func plain(_ error: any Error, _ path: String) -> any Error {
        guard error is DatabaseError else { return error }
        let mapped = StoreError(sqlite: error)
        return StoreError(mapped.code, "\(path) could not be made: \(mapped.message)")
    }
}

/// Whether a disk has room for a copy.
struct CopyRoom {
    private let free: Int
    /// What is left to the relay, where the copy is made on the disk that it writes to.
    private let reserve: Int

    init(from source: String, to target: String) throws {
        var (disk, from, to) = (statvfs(), stat(), stat())
        guard unsafe statvfs(target, &disk) == 0, unsafe stat(source, &from) == 0, unsafe stat(target, &to) == 0 else {
            throw StoreError(.unavailable, "can't tell how much room there is for \(target)")
        }
        let block = Int(clamping: disk.f_frsize)
        self.free = Int(clamping: disk.f_bavail) * block
        let space = DiskSpace(total: Int(clamping: disk.f_blocks) * block, free: self.free, log: 0)
        self.reserve = from.st_dev == to.st_dev ? 2 * space.reserve : 0
    }

    /// - Throws: `full` where there is none.
    func check(bytes: Int) throws(StoreError) {
        guard self.free - self.reserve < bytes else { return }
        let kept = self.reserve > 0 ? ", of which the relay needs \(self.reserve >> 20) MiB" : ""
        throw StoreError(
            .full,
            "the copy needs \((bytes >> 20) + 1) MiB, and the disk has \(self.free >> 20) MiB free\(kept)"
        )
    }
}

/// Whether a file is a sound database of a relay.
enum DatabaseCheck {
    /// Reads all of it.
    ///
    /// - Throws: `corrupt` where it is not.
    static func run(on path: String) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.read { db in
            guard try Self.isRelays(db) else {
                throw StoreError(.corrupt, "\(path) is not the database of a relay")
            }
            let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check(3)")
            guard problems == ["ok"] else {
                throw StoreError(.corrupt, "\(path) is damaged: \(problems.joined(separator: "; "))")
            }
        }
    }

    private static func isRelays(_ db: Database) throws -> Bool {
        try db.tableExists("grdb_migrations") && db.tableExists("streams") && db.tableExists("users")
    }
}
