import Foundation

/// Replaces a file as a whole: a reader, and whoever looks after a crash, sees the old or the new, never a part.
enum AtomicFile {
    /// - Parameter mode: permissions of the file from its first moment on; the process's umask may take some away.
    static func write(_ text: String, to path: String, mode: mode_t) throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).tmp"
        unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError("can't write '\(path)'", errno: errno) }
        do {
            try self.fill(descriptor, with: text)
            guard unsafe rename(temporary, path) == 0 else { throw FileError("can't replace '\(path)'", errno: errno) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    private static func fill(_ descriptor: Int32, with text: String) throws {
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        defer { close(descriptor) }
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
    }

    /// - Returns: nil where there is no such file.
    static func read(_ path: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else { throw FileError("can't read '\(path)'") }
        return Array(data)
    }

    /// An exclusive lock on `path`, which is made if need be. It goes with the descriptor, and so with the process.
    ///
    /// - Returns: nil where somebody else has it.
    static func lock(_ path: String) throws -> FileHandle? {
        let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("can't lock '\(path)'", errno: errno) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw FileError("can't lock '\(path)'", errno: errno) }
            return nil
        }
        return handle
    }
}
