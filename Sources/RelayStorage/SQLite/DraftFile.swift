import Foundation
import Glibc
import RelayCore

/// A file that is being written beside the name that it will have. Whoever writes it has it for itself.
struct DraftFile {
    let path: String
    private let descriptor: Int32

    /// Makes the file anew, with mode 0600.
    ///
    /// - Parameter target: the name that it will have.
    /// - Throws: `unavailable` where it can't be made, or another process is writing it.
    init(of target: String) throws(StoreError) {
        self.path = target + ".partial"
        self.descriptor = unsafe open(self.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard self.descriptor >= 0 else { throw Self.error("can't write \(self.path)") }
        guard flock(self.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(self.descriptor)
            throw StoreError(.unavailable, "another process is writing \(self.path)")
        }
        guard ftruncate(self.descriptor, 0) == 0, fchmod(self.descriptor, 0o600) == 0 else {
            let error = Self.error("can't write \(self.path)")
            close(self.descriptor)
            throw error
        }
        // Of an earlier attempt that was killed: SQLite would take it for this one's.
        self.removeBeside()
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// - Returns: its size, in bytes.
    /// - Throws: `unavailable` where there is a file of that name.
    func keep(as target: String) throws(StoreError) -> Int {
        let size = try self.synchronize()
        guard unsafe link(self.path, target) == 0 else {
            if errno == EEXIST { throw SQLiteBackup.isThere(target) }
            // Some file systems know no links.
            try self.rename(to: target)
            close(self.descriptor)
            return size
        }
        unsafe unlink(self.path)
        Self.synchronizeDirectory(of: target)
        close(self.descriptor)
        return size
    }

    /// Puts it in the place of a file, or where there is none, once it is on the disk.
    func replace(_ target: String) throws(StoreError) {
        _ = try self.synchronize()
        guard unsafe Glibc.rename(self.path, target) == 0 else { throw Self.error("can't replace \(target)") }
        Self.synchronizeDirectory(of: target)
        close(self.descriptor)
    }

    /// Removes it, with what SQLite may have left beside it.
    func discard() {
        _ = unsafe unlink(self.path)
        self.removeBeside()
        close(self.descriptor)
    }

    private func removeBeside() {
        for suffix in ["-wal", "-shm", "-journal"] { _ = unsafe unlink(self.path + suffix) }
    }

    private func rename(to target: String) throws(StoreError) {
        guard !FileManager.default.fileExists(atPath: target) else { throw SQLiteBackup.isThere(target) }
        guard unsafe Glibc.rename(self.path, target) == 0 else { throw Self.error("can't make \(target)") }
        Self.synchronizeDirectory(of: target)
    }

    private func synchronize() throws(StoreError) -> Int {
        var status = stat()
        guard fsync(self.descriptor) == 0, unsafe fstat(self.descriptor, &status) == 0 else {
            throw Self.error("can't write \(self.path)")
        }
        return Int(status.st_size)
    }

    /// So that the name outlives a power cut, as far as the file system does that.
    static func synchronizeDirectory(of path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = unsafe open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }

    static func error(_ text: String, _ code: Int32 = errno) -> StoreError {
        StoreError(code == ENOSPC ? .full : .unavailable, "\(text): \(unsafe String(cString: strerror(code)))")
    }
}
