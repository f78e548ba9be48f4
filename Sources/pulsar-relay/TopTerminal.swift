import Foundation
import NIOPosix
import RelayCommands

/// A terminal that shows one screen which changes: keys come one by one, and what was there before is there again at the end.
struct TopTerminal: Sendable {
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    /// Takes the terminal over for as long as `body` runs, however that ends.
    static func run(_ body: (TopTerminal) async throws -> Void) async throws {
        var former = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &former) == 0 else { throw UsageError("standard input is no terminal") }
        var raw = former
        // Ctrl-C is a key, too: so there is one way to the end.
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        self.write(self.enter)
        defer {
            self.write(self.leave)
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &former)
        }
        try await body(TopTerminal())
    }

    /// Puts a screen in the place of the one before, in one write: nothing is blank in between.
    ///
    /// - Parameter lines: is told columns and lines, and gives the lines.
    func draw(_ lines: (_ width: Int, _ height: Int) -> [String]) {
        let (width, height) = Self.size
        let screen = lines(width, height).map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        Self.write("\u{1B}[?2026h\u{1B}[H" + screen + "\u{1B}[J\u{1B}[?2026l")
    }

    /// - Returns: the next key's first byte; nil where none is pressed for so many seconds.
    /// - Throws: `CancellationError` where the process is to end.
    func key(within seconds: Double) async throws -> UInt8? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            try Task.checkCancellation()
            if let key = try await NIOThreadPool.singleton.runIfActive({ Self.readKey(milliseconds: 100) }) {
                return key
            }
        }
        return nil
    }

    /// A terminal that is gone counts as Ctrl-D.
    private static func readKey(milliseconds: Int32) -> UInt8? {
        var wanted = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wanted, 1, milliseconds) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
        return count > 0 ? bytes[0] : 4
    }

    private static var size: (width: Int, height: Int) {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    private static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}
