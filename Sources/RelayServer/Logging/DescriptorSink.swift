import Glibc
import Synchronization

/// Writes to an open file, each line in one piece: one `write` under a lock, so that lines of this process never mix.
///
/// It waits for a slow reader, on a descriptor that doesn't block only for so long. A line that can't be written is
/// lost; if part of it was written, the next one still begins on a line of its own.
public final class DescriptorSink: LogSink {
    public static let standardError = DescriptorSink(STDERR_FILENO)

    private let descriptor: Int32
    private let patience: Int32
    /// Whether what was written last ends in the middle of a line. The lock also keeps lines apart.
    private let isCut = Mutex(false)

    /// - Parameters:
    ///   - descriptor: open for writing for as long as the sink is used; not closed by it.
    ///   - patience: milliseconds to wait for a reader on a descriptor that doesn't block.
    public init(_ descriptor: Int32, patience: Int32 = 1_000) {
        self.descriptor = descriptor
        self.patience = patience
    }

    public func write(_ line: String) {
        self.isCut.withLock { isCut in
            let bytes = Array((isCut ? "\n" + line : line).utf8)
            let written = self.write(bytes)
            isCut = written == 0 ? isCut : written < bytes.count
        }
    }

    /// - Returns: how many bytes were written.
    private func write(_ bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(self.descriptor, $0.baseAddress, $0.count) }
            guard count < 0 else {
                rest = rest.dropFirst(count)
                continue
            }
            guard errno == EINTR || (errno == EAGAIN && self.isWritableSoon()) else { break }
        }
        return bytes.count - rest.count
    }

    private func isWritableSoon() -> Bool {
        var request = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&request, 1, self.patience) == 1
    }
}
