import Foundation
import RelayCommands

/// Standard output is gone: whoever read it has enough.
struct BrokenPipe: Error {}

/// Lines on standard output and standard error, each visible at once.
enum StandardStreams {
    /// Makes a write to a closed pipe an error, in place of a signal that kills the process.
    static func keepBrokenPipesQuiet() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// - Throws: ``BrokenPipe`` where the reader has gone; the system's error where the line can't be written: a full disk, say.
    static func result(_ line: String) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch let error as CocoaError where (error.underlying as? NSError)?.code == Int(EPIPE) {
            throw BrokenPipe()
        }
    }

    /// A line on standard output that nobody needs to have read.
    static func say(_ line: String) {
        try? self.result(line)
    }

    /// A line that can't be written is lost: there is nobody left to tell.
    static func notice(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Text on standard error that no line ends.
    static func trace(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Whether standard input or output is a file: then a person has asked for a transfer, and no program talks through them.
    static var haveFile: Bool {
        [STDIN_FILENO, STDOUT_FILENO].contains { descriptor in
            var status = stat()
            return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
    }

    static func write(_ line: EventPrinter.Line) throws {
        switch line {
        case .result(let text): try self.result(text)
        case .notice(let text): self.notice(text)
        }
    }
}
