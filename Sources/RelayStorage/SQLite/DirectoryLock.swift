import Foundation
import Glibc
import RelayCore
import Synchronization

/// The right to write to a data directory. One process has it at a time, and loses it when it ends, however that comes about. The system
/// keeps the lock; the file only says who has it.
final class DirectoryLock: Sendable {
    static let fileName = "pulsar-relay.lock"

    /// What came of ``attempt(in:)``.
    enum Attempt {
        case taken(DirectoryLock)
        /// Somebody else has it: who, for people to read.
        case held(by: String)
    }

    /// Nil once it was released.
    private let descriptor: Mutex<Int32?>

    private init(_ descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    deinit { self.release() }

    /// Takes the lock, unless somebody has it.
    ///
    /// - Throws: `unavailable` where the directory can't be locked at all.
    static func attempt(in directory: String) throws(StoreError) -> Attempt {
        let path = directory + "/" + Self.fileName
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error("can't open \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.text(descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw Self.error("can't lock \(path)", code) }
            return .held(by: holder.isEmpty ? "another process" : holder)
        }
        Self.write("process \(getpid()) on \(Self.host), since \(Date.now.ISO8601Format())\n", to: descriptor)
        return .taken(DirectoryLock(descriptor))
    }

    /// Lets others have it. Harmless if that was done before.
    func release() {
        let descriptor = self.descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        guard let descriptor else { return }
        // The file stays: to remove it would let two processes lock two files of one name.
        _ = ftruncate(descriptor, 0)
        // Not by closing alone: a process that is just being started has a copy of the descriptor for a moment.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func error(_ text: String, _ code: Int32 = errno) -> StoreError {
        StoreError(.unavailable, "\(text): \(unsafe String(cString: strerror(code)))")
    }

    private static func text(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe pread(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines
        )
    }

    /// Who it is helps people only; a disk that has no room for it is no reason not to start.
    private static func write(_ text: String, to descriptor: Int32) {
        guard ftruncate(descriptor, 0) == 0 else { return }
        let bytes = Array(text.utf8)
        _ = unsafe pwrite(descriptor, bytes, bytes.count, 0)
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "this machine" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
