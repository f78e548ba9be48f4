import Logging
import NIOCore
import RelayCore
import Synchronization
import Testing

@testable import RelayServer

@Suite("Failing publishes in the log")
struct StoreTroubleLogTests {
    @Test("a line a second says why, and how many failed since the one before")
    func lines() {
        let lines = Lines()
        let log = StoreTroubleLog(Logger(label: "test") { _ in lines.handler })
        let full = StoreError(.full, "no room")
        for millisecond in 0..<2500 {
            log.failed(full, at: .uptimeNanoseconds(1_000_000_000) + .milliseconds(Int64(millisecond)))
        }
        #expect(
            lines.all == [
                "publishes fail: full: no room (1)", "publishes fail: full: no room (1000)",
                "publishes fail: full: no room (1000)",
            ]
        )
    }
}

/// What was logged.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { self.lines.withLock { $0 } }
    var handler: Handler { Handler(lines: self) }

    struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = event.metadata ?? [:]
            let line = "\(event.message): \(metadata["error"] ?? "") (\(metadata["publishes"] ?? ""))"
            self.lines.lines.withLock { $0.append(line) }
        }
    }
}
