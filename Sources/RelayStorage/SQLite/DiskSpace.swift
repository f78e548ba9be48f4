import Glibc

/// How much room the disk has for the database, at one moment, and what may be written by that.
///
/// The last of it is kept for what makes room again: deletions, and the write-ahead log's way back into the file. For a log that
/// can't go back grows until nothing at all can be written.
struct DiskSpace: Hashable, Sendable {
    /// The disk's size, in bytes.
    var total: Int
    /// What a process may still take of it, in bytes.
    var free: Int
    /// The size of the write-ahead log's file, in bytes.
    var log: Int

    /// What messages and new topics leave free: a sixteenth of the disk, 16 MiB at most.
    var reserve: Int { min(16 << 20, self.total / 16) }

    /// Whether the log has to go back into the file at once, and each job is to be looked at. From far enough away that the
    /// log, which may have to lengthen the file by its own size, has the room for it.
    var isScarce: Bool { self.free < 4 * self.reserve + 2 * self.log }

    /// How many of the jobs there is room for, in their order; those that need none are let in, and count as nothing.
    ///
    /// - Parameters:
    ///   - costs: in bytes, of the jobs that need room.
    ///   - unused: bytes of the database's file that nothing is in: what is written there lengthens it no further. Deletions make them,
    ///     and use a part of the reserve for it.
    func admitted(_ costs: some Sequence<Int>, unused: Int) -> Int {
        var room = self.free - (unused < self.reserve ? self.reserve : self.reserve / 2) - Self.transaction
        var count = 0
        for cost in costs {
            room -= Self.job + 2 * cost
            guard room >= 0 else { break }
            count += 1
        }
        return count
    }

    /// What a transaction writes besides what its jobs do, and what a small job does: pages are written whole.
    private static let transaction = 128 << 10
    private static let job = 8 << 10
}

extension DiskSpace {
    /// Of the disk that a database is on; nil where the system does not say.
    init?(of file: DatabaseFile) {
        var disk = statvfs()
        guard unsafe statvfs(file.path, &disk) == 0 else { return nil }
        var log = stat()
        let hasLog = unsafe stat(file.path + "-wal", &log) == 0
        self.init(
            total: Int(clamping: disk.f_blocks) * Int(clamping: disk.f_frsize),
            free: Int(clamping: disk.f_bavail) * Int(clamping: disk.f_frsize),
            log: hasLog ? Int(log.st_size) : 0
        )
    }
}
