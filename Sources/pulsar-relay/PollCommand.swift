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

    @Option(help: "Read as this named reader: the relay keeps where it is. The next run with the name goes on there.")
    var reader: String?

    @Flag(help: "Go on until interrupted.")
    var follow = false

    func validate() throws {
        guard !self.topics.isEmpty else { throw ValidationError("name at least one topic") }
        guard (1...60).contains(self.timeout) else { throw ValidationError("--timeout is 1 to 60 s") }
        guard (self.count ?? 1) >= 1 else { throw ValidationError("--count is at least 1") }
        _ = try SubscriptionStart(argument: self.from)
        guard self.reader == nil || self.sinceFile == nil else {
            throw ValidationError("--reader keeps the place at the relay, --cursor-file keeps it here: take one")
        }
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
        if let reader { return try await self.poll(client, as: reader, remaining, goesOn) }
        repeat {
            let page = try await client.poll(
                self.topics,
                cursors: self.starts(cursors.table.cursors),
                timeout: .seconds(self.timeout)
            )
            try self.write(page, &cursors, &remaining)
        } while goesOn && remaining > 0
    }

    /// Each poll says what is done of the one before it; the last one's is said at the end.
    private func poll(_ client: RelayClient, as reader: String, _ count: Int, _ goesOn: Bool) async throws {
        var printed = CursorTable()
        var remaining = count
        for topic in self.topics { try await self.begin(reader, of: topic, client) }
        repeat {
            let page = try await client.poll(
                self.topics,
                timeout: .seconds(self.timeout),
                reader: reader,
                done: printed.cursors
            )
            var cursors = try CursorKeeper(path: nil)
            try self.write(page, &cursors, &remaining)
            for (topic, id) in cursors.table.cursors { _ = printed.advance(topic, to: id) }
        } while goesOn && remaining > 0
        for (topic, id) in printed.cursors { _ = try await client.acknowledge(id, of: topic, as: reader) }
    }

    /// Makes a reader that is new, where `--from` says. A topic that does not exist yet has none: its reader begins with its first message.
    private func begin(_ reader: String, of topic: String, _ client: RelayClient) async throws {
        do {
            _ = try await client.reader(reader, of: topic)
        } catch let error as RelayError where error.status == 404 {
            do {
                _ = try await client.moveReader(reader, of: topic, to: SubscriptionStart(self.from))
            } catch let error as RelayError where error.status == 404 {
                return
            }
        }
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
