import Glibc
import Synchronization

/// Takes finished log lines.
public protocol LogSink: Sendable {
    /// - Parameter line: ends with a line feed, contains no other.
    func write(_ line: String)
}

/// Standard error, one `write` a line under a lock, so that lines of one process never mix.
///
/// It blocks while the reader of a full pipe is slow, and drops the line where the other end is gone.
public final class StandardErrorSink: LogSink {
    public static let shared = StandardErrorSink()

    private let lock = Mutex(())

    public func write(_ line: String) {
        var bytes = Array(line.utf8)[...]
        self.lock.withLock { _ in
            while !bytes.isEmpty {
                let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                guard count > 0 else {
                    if errno == EINTR { continue }
                    return
                }
                bytes = bytes.dropFirst(count)
            }
        }
    }
}
