import DequeModule
import Dispatch
import Foundation
import Glibc
import Synchronization

/// Writes lines to an open file on a thread of its own, each in one piece. Whoever has a line to write never waits for a slow reader.
///
/// Lines wait in memory up to a bound. Those beyond it are dropped and counted. Once the file takes bytes again, a line in their place says
/// how many they were. A line of which only a part could be written is lost; the next one still begins on a line of its own.
public final class BufferedSink: LogSink {
    private struct State {
        var lines: Deque<String> = []
        /// Of `lines` and of those that are being written.
        var bytes = 0
        /// Of which the writer does not know yet.
        var dropped = 0
        var droppedInAll = 0
        /// Whether the writer's thread is there, and whether it waits for lines.
        var isRunning = false
        var isIdle = false
        /// Signalled once nothing is left to write.
        var flushes: [DispatchSemaphore] = []

        var isAtRest: Bool { self.isIdle || !self.isRunning }
    }

    /// What waits to be written at most, in bytes: some ten thousand usual lines.
    public static let defaultMaxBytes = 1 << 20
    /// What a line costs beside its text.
    private static let lineOverhead = 64
    /// How long the writer's thread stays when there is nothing to write, in seconds.
    private static let linger = 1.0

    private let descriptor: Int32
    private let maxBytes: Int
    private let notice: @Sendable (Int) -> String
    private let state = Mutex(State())
    /// Wakes the writer from its idleness.
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - descriptor: open for writing for as long as the sink is used; not closed by it.
    ///   - maxBytes: of lines that wait.
    ///   - notice: makes the line that tells of so many lines that were dropped, with its line feed.
    public init(
        _ descriptor: Int32,
        maxBytes: Int = BufferedSink.defaultMaxBytes,
        notice: @escaping @Sendable (Int) -> String
    ) {
        self.descriptor = descriptor
        self.maxBytes = maxBytes
        self.notice = notice
    }

    /// Lines that were dropped so far, or could not be written.
    public var droppedLines: Int { self.state.withLock { $0.droppedInAll } }

    public func write(_ line: String) {
        let cost = line.utf8.count + Self.lineOverhead
        let isRunning = self.state.withLock { state in
            if state.bytes + cost <= self.maxBytes {
                state.lines.append(line)
                state.bytes += cost
            } else {
                state.dropped += 1
                state.droppedInAll += 1
            }
            defer { (state.isRunning, state.isIdle) = (true, false) }
            return state.isIdle ? .idle : state.isRunning ? Writer.busy : .absent
        }
        switch isRunning {
        case .absent: Thread.detachNewThread { self.run() }
        case .idle: self.arrivals.signal()
        case .busy: break
        }
    }

    private enum Writer {
        case absent
        case idle
        case busy
    }

    /// Waits until everything is written, or the time is up. For the end of the process: what is not written by then is lost.
    ///
    /// - Returns: whether everything is written.
    @discardableResult
    public func flush(within limit: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let isAtRest = self.state.withLock { state in
            guard !state.isAtRest else { return true }
            state.flushes.append(done)
            return false
        }
        let (seconds, attoseconds) = limit.components
        let end = DispatchTime.now() + (Double(seconds) + Double(attoseconds) / 1e18)
        return isAtRest || done.wait(timeout: end) == .success
    }

    // MARK: - The writer's thread

    private func run() {
        var isCut = false
        // What could not be told is told later.
        var untold = 0
        while true {
            while let (lines, bytes, dropped) = self.take() {
                let lost = lines.count { !self.write($0, &isCut) }
                untold += dropped + lost
                if untold > 0, self.write(self.notice(untold), &isCut) { untold = 0 }
                self.state.withLock { state in
                    state.bytes -= bytes
                    state.droppedInAll += lost
                }
            }
            guard self.arrivals.wait(timeout: .now() + Self.linger) == .success || !self.mayLeave(untold) else {
                return
            }
        }
    }

    /// - Returns: nil where there is nothing to write; then the writer is idle.
    private func take() -> (lines: Deque<String>, bytes: Int, dropped: Int)? {
        let (taken, flushes) = self.state.withLock { state in
            guard !state.lines.isEmpty || state.dropped > 0 else {
                state.isIdle = true
                defer { state.flushes = [] }
                return (nil as (Deque<String>, Int, Int)?, state.flushes)
            }
            defer { (state.lines, state.dropped) = ([], 0) }
            return ((state.lines, state.bytes, state.dropped), [])
        }
        for flush in flushes { flush.signal() }
        return taken
    }

    /// A writer that has still something to tell stays.
    private func mayLeave(_ untold: Int) -> Bool {
        self.state.withLock { state in
            guard state.isIdle, untold == 0 else { return false }
            (state.isRunning, state.isIdle) = (false, false)
            return true
        }
    }

    /// - Returns: whether all of it was written.
    private func write(_ line: String, _ isCut: inout Bool) -> Bool {
        let bytes = Array((isCut ? "\n" + line : line).utf8)
        let written = self.write(bytes)
        isCut = written == 0 ? isCut : written < bytes.count
        return written == bytes.count
    }

    /// - Returns: how many bytes were written: fewer than all where the file refuses more.
    private func write(_ bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(self.descriptor, $0.baseAddress, $0.count) }
            guard count < 0 else {
                rest = rest.dropFirst(count)
                continue
            }
            guard errno == EINTR || errno == EAGAIN else { break }
            if errno == EAGAIN { self.waitForRoom() }
        }
        return bytes.count - rest.count
    }

    /// For a descriptor that doesn't block. Looks again each second: a file that was closed meanwhile says nothing.
    private func waitForRoom() {
        var request = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&request, 1, 1_000)
    }
}
