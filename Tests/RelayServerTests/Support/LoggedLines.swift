import Logging
import RelayCore
import Synchronization

@testable import RelayServer

/// The lines that a relay under test logs.
final class LoggedLines: LogSink {
    private let lines = Mutex<[String]>([])

    var all: [String] { self.lines.withLock { $0 } }

    var logger: Logger {
        let handler = LineLogHandler(label: "relay", rules: LogRules(.init()), sink: self, now: RelayClock.system.now)
        return Logger(label: "relay") { _ in handler }
    }

    func write(_ line: String) {
        self.lines.withLock { $0.append(line) }
    }
}
