import ArgumentParser
import RelayClient
import RelayCommands

struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Print messages as they are published.",
        discussion: """
            Runs until it is interrupted. It reconnects by itself, and prints each message once and in order. If the relay \
            dropped messages before they could be read, it reports a gap: with --json as a line among the messages, else on \
            standard error.

            With --reader a message counts as done once it is printed and the next is waited for. What was printed last before an \
            interruption may come again.

            Example: pulsar-relay subscribe news --from earliest --cursor-file cursors.json
            """
    )

    @OptionGroup var relay: RelayOptions

    @Argument(help: "1 to 50 topics.")
    var topics: [String]

    @Option(help: "Where to start without a cursor: last (what comes from now on), earliest, or after a message id.")
    var from = "last"

    @Option(help: "End after this many messages.")
    var count: Int?

    @Option(help: "Start where this file says; write it after each message. A JSON object, topic to message id.")
    var cursorFile: String?

    @Option(help: "Read as this named reader: the relay keeps where it is. The next run with the name goes on there.")
    var reader: String?

    func validate() throws {
        guard (1...50).contains(self.topics.count) else { throw ValidationError("name 1 to 50 topics") }
        guard (self.count ?? 1) >= 1 else { throw ValidationError("--count is at least 1") }
        _ = try SubscriptionStart(argument: self.from)
        guard self.reader == nil || self.cursorFile == nil else {
            throw ValidationError("--reader keeps the place at the relay, --cursor-file keeps it here: take one")
        }
    }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.follow() }
    }

    private func follow() async throws {
        var cursors = try CursorKeeper(path: self.cursorFile)
        var options = SubscriptionOptions(
            topics: self.topics,
            start: SubscriptionStart(self.from),
            cursors: cursors.table.cursors
        )
        options.reader = self.reader
        let client = try self.relay.client()
        let printer = EventPrinter(format: self.relay.format)
        var remaining = self.count
        for try await event in try client.subscribe(options) {
            try StandardStreams.write(printer.line(event))
            switch event {
            case .subscribed(_, let starts):
                try cursors.started(at: starts)
            case .message(let message):
                try cursors.printed(message)
                remaining = remaining.map { $0 - 1 }
                guard remaining == 0 else { continue }
                // The others are acknowledged as the next is asked for.
                if let reader { _ = try await client.acknowledge(message.messageID, of: message.topic, as: reader) }
                return
            case .gap(let gap):
                cursors.told(gap)
            case .error, .reconnecting:
                continue
            }
        }
    }
}
