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

            Example: pulsar-relay poll news --from earliest --count 5
            """
    )

    @OptionGroup var relay: RelayOptions

    @Argument(help: "The topics.")
    var topics: [String]

    @Option(help: "Where to start without a cursor: last (what comes from now on), earliest, or after a message id.")
    var from = "last"

    @Option(help: "Poll again until there were this many messages, then end.")
    var count: Int?

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
        guard (self.count ?? 1) >= 1 else { throw ValidationError("--count is at least 1") }
        _ = try SubscriptionStart(argument: self.from)
    }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.poll() }
    }

    private func poll() async throws {
        var cursors = try CursorKeeper(path: self.sinceFile)
        let goesOn = self.follow || self.count != nil
        let client = try self.relay.client(maxAttempts: goesOn ? nil : 5)
        var remaining = self.count ?? .max
        repeat {
            let page = try await client.poll(
                self.topics,
                cursors: self.starts(cursors.table.cursors),
                timeout: .seconds(self.timeout)
            )
            try self.write(page, &cursors, &remaining)
        } while goesOn && remaining > 0
    }

    /// The cursors to poll from. The relay takes `0` for the oldest message, and a topic that is not named here for its end.
    private func starts(_ known: [String: String]) -> [String: String] {
        var cursors = known.filter { self.topics.contains($0.key) }
        let start: String? =
            switch SubscriptionStart(self.from) {
            case .last: nil
            case .earliest: "0"
            case .after(let id): id
            }
        for topic in self.topics where cursors[topic] == nil { cursors[topic] = start }
        return cursors
    }

    private func write(_ page: PollPage, _ cursors: inout CursorKeeper, _ remaining: inout Int) throws {
        let printer = EventPrinter(format: self.relay.format)
        for gap in page.gaps {
            try StandardStreams.write(printer.line(gap))
            cursors.told(gap)
        }
        for message in page.messages.prefix(remaining) {
            try StandardStreams.result(self.relay.format.line(message))
            try cursors.printed(message)
            remaining -= 1
        }
        try cursors.told(epochs: page.epochs)
    }
}
