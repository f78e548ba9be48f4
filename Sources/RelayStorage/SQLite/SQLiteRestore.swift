import Foundation
import GRDB
import Glibc
import RelayCore

/// Puts a backup in the place of a relay's database.
public enum SQLiteRestore {
    /// What was done.
    public struct Report: Hashable, Sendable {
        /// Where the database is that was there before; nil where there was none.
        public let former: String?
        /// How many streams there are.
        public let streams: Int
    }

    /// Copies the backup, checks the copy, brings it up to date, and puts it in the place of the database, which is kept under another name.
    /// Blocks while it does. The database stays as it was until the last step, which is one rename.
    ///
    /// - Parameters:
    ///   - path: the backup's file. It is only read.
    ///   - directory: the data directory, made with mode 0700 where there is none.
    ///   - stamp: the end of the name that the former database gets.
    ///   - isWhole: whether nothing was stored since the backup was made. Else all streams begin a new epoch, so that readers who were further
    ///     on, or who may miss what came after it, are told of a gap.
    ///   - progress: called after each step of some megabytes. What it throws ends the work, and is thrown.
    /// - Throws: `unavailable` where a relay is running on the directory or the backup can't be read, `corrupt` where the backup is not sound,
    ///   `full` where the disk has no room for it.
    public static func run(
        from path: String,
        into directory: String,
        stamp: String,
        isWhole: Bool = false,
        progress: (SQLiteBackup.Progress) throws -> Void = { _ in }
    ) throws -> Report {
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let lock = try Self.lock(directory)
        defer { lock.release() }
        let target = directory + "/" + SQLiteStore.fileName
        let draft = try DraftFile(of: target)
        do {
            try FileCopy(from: path, to: draft.path).run(progress)
            try DatabaseCheck.run(on: draft.path)
            let streams = try Self.prepare(draft.path, beginsEpochs: !isWhole)
            let former = try Self.setAside(target, as: "\(target).\(stamp)")
            try draft.replace(target)
            return Report(former: former, streams: streams)
        } catch {
            draft.discard()
            guard error is DatabaseError else { throw error }
            let mapped = StoreError(sqlite: error)
            throw StoreError(mapped.code, "\(path) can't be used: \(mapped.message)")
        }
    }

    private static func lock(_ directory: String) throws(StoreError) -> DirectoryLock {
        switch try DirectoryLock.attempt(in: directory) {
        case .taken(let lock): return lock
        case .held(let holder):
            throw StoreError(.unavailable, "\(directory) is in use by \(holder): stop it, and restore then")
        }
    }

    /// Afterwards all is in the one file.
    private static func prepare(_ path: String, beginsEpochs: Bool) throws -> Int {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        let migrator = Schema.migrator
        if try queue.read({ try migrator.hasBeenSuperseded($0) }) {
            throw StoreError(.unavailable, "the backup was made by a newer version of the relay: restore it with that")
        }
        try migrator.migrate(queue)
        let streams = try queue.write { db in
            if beginsEpochs {
                try db.execute(sql: "UPDATE streams SET epoch = random(), epoch_ms = last_ms, epoch_seq = last_seq")
            }
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM streams") ?? 0
        }
        try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        return streams
    }

    /// The database has two names then, until the other takes the first. So there is one at any moment.
    ///
    /// - Returns: the second name; nil where there is no database.
    private static func setAside(_ path: String, as other: String) throws(StoreError) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        // Its newest part may be in its log. A database that is damaged keeps it there.
        if let queue = try? DatabaseQueue(path: path) {
            try? queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try? queue.close()
        }
        guard unsafe link(path, other) == 0 else { throw DraftFile.error("can't keep \(path) as \(other)") }
        if FileManager.default.fileExists(atPath: path + "-wal") {
            guard unsafe rename(path + "-wal", other + "-wal") == 0 else {
                throw DraftFile.error("can't keep \(path)-wal as \(other)-wal")
            }
        }
        _ = unsafe unlink(path + "-shm")
        return other
    }
}

/// Copies a database's file, with its log where it has one.
struct FileCopy {
    private let source: String
    private let target: String

    init(from source: String, to target: String) {
        self.source = source
        self.target = target
    }

    private static let step = 4 << 20

    func run(_ progress: (SQLiteBackup.Progress) throws -> Void) throws {
        let (size, log) = (try Self.size(self.source), try? Self.size(self.source + "-wal"))
        let total = size + (log ?? 0)
        try CopyRoom(from: self.source, to: self.target).check(bytes: total)
        var copied = 0
        for suffix in log == nil ? [""] : ["", "-wal"] {
            try self.copy(suffix) { bytes in
                copied += bytes
                try progress(SQLiteBackup.Progress(copied: copied, total: total))
            }
        }
    }

    private static func size(_ path: String) throws -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw DraftFile.error("can't read \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StoreError(.unavailable, "\(path) is not a file") }
        return Int(status.st_size)
    }

    private func copy(_ suffix: String, _ copied: (Int) throws -> Void) throws {
        let input = unsafe open(self.source + suffix, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw DraftFile.error("can't read \(self.source)\(suffix)") }
        defer { close(input) }
        let output = unsafe open(self.target + suffix, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw DraftFile.error("can't write \(self.target)\(suffix)") }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: Self.step)
        while true {
            let count = unsafe Glibc.read(input, &buffer, buffer.count)
            guard count >= 0 else { throw DraftFile.error("can't read \(self.source)\(suffix)") }
            guard count > 0 else { return }
            try self.write(buffer[..<count], to: output, suffix)
            try copied(count)
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to output: Int32, _ suffix: String) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(output, $0.baseAddress, $0.count) }
            guard count > 0 else { throw DraftFile.error("can't write \(self.target)\(suffix)") }
            rest = rest.dropFirst(count)
        }
    }
}
