import Foundation
import Glibc

/// Puts a file in the place of another, as a whole or not at all.
enum PrivateFile {
    /// Why it could not be written.
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let code: Int32

        var description: String { "\(self.path): \(unsafe String(cString: strerror(self.code)))" }
    }

    /// - Parameter mode: who may read it, from its first moment on.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(Failure) {
        let draft = "\(path).\(getpid())"
        unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
        defer { close(descriptor) }
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            unsafe rename(draft, path) == 0
        else {
            let code = errno
            unsafe unlink(draft)
            throw Failure(path: path, code: code)
        }
    }
}
