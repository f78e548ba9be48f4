import Glibc
import RelayCore
import RelayServer

/// Where a running relay writes. Neither its log nor what it says to a person ever waits for a reader.
struct ServeStreams {
    let log: BufferedSink
    private let output = BufferedSink(STDOUT_FILENO) { _ in "" }

    /// How long the end of the process waits for each of them.
    private static let patience = Duration.seconds(1)

    init(_ rules: LogRules) {
        self.log = BufferedSink(STDERR_FILENO) { count in
            LineLogHandler.droppedLines(
                count,
                label: "pulsar-relay",
                format: rules.format,
                now: RelayClock.system.now()
            )
        }
    }

    /// A line on standard output.
    func say(_ line: String) {
        self.output.write(line + "\n")
    }

    func flush() {
        self.output.flush(within: Self.patience)
        self.log.flush(within: Self.patience)
    }
}
