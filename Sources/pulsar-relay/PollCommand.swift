import ArgumentParser
import RelayClient
import RelayCommands

struct PollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poll",
        abstract: "Print messages by long poll, where WebSockets don't pass.",
        discussion: """
            Without cursors only what is published while the poll waits is seen. The cursor file is the Python client's: a \
            JSON object, topic to message id.
            """
    )

    @OptionGroup var relay: RelayOptions

    @Argument(help: "The topics.")
    var topics: [String]

    @Option(help: "Seconds that one poll waits, 1 to 60.")
    var timeout = 30.0

    @Option(
        name: [.long, .customLong("cursor-file")],
        help: "Start where this file says; write it after each message."
    )
    var sinceFile: String?

    @Flag(help: "Go on until interrupted.")
    var follow = false

    func validate() throws {
        guard !self.topics.isEmpty else { throw ValidationError("name at least one topic") }
        guard (1...60).contains(self.timeout) else { throw ValidationError("--timeout is 1 to 60 s") }
    }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.poll() }
    }

    private func poll() async throws {
        var cursors = try CursorKeeper(path: self.sinceFile)
        let client = try self.relay.client(maxAttempts: self.follow ? nil : 5)
        repeat {
            let page = try await client.poll(
                self.topics,
                cursors: cursors.table.cursors.filter { self.topics.contains($0.key) },
                timeout: .seconds(self.timeout)
            )
            try self.write(page, &cursors)
        } while self.follow
    }

    private func write(_ page: PollPage, _ cursors: inout CursorKeeper) throws {
        let printer = EventPrinter(format: self.relay.format)
        for gap in page.gaps {
            try StandardStreams.write(printer.line(gap))
            cursors.told(gap)
        }
        for message in page.messages {
            try StandardStreams.result(self.relay.format.line(message))
            try cursors.printed(message)
        }
        try cursors.told(epochs: page.epochs)
    }
}
