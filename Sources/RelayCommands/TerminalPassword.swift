import Foundation

/// Asks for a password on the terminal without showing it.
public enum TerminalPassword {
    /// Whether there is a person at standard input to ask.
    public static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// - Returns: nil where the person gave up (Ctrl-C, Ctrl-D).
    public static func ask(_ prompt: String) throws -> String? {
        try FileHandle.standardError.write(contentsOf: Data(prompt.utf8))
        defer { try? FileHandle.standardError.write(contentsOf: Data("\n".utf8)) }
        var shown = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &shown) == 0 else { throw FileError("no terminal", errno: errno) }
        var hidden = shown
        // Keys come one by one and Ctrl-C as a key: an interrupt would leave the terminal mute.
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer { unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
        return try self.readLine()
    }

    private static func readLine() throws -> String? {
        var line = PasswordLine()
        while let key = try FileHandle.standardInput.read(upToCount: 1)?.first {
            switch line.typed(key) {
            case .more: continue
            case .finished(let text): return text
            case .interrupted: return nil
            }
        }
        return nil
    }
}
