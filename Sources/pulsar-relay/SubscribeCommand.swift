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

    func validate() throws {
        guard (1...50).contains(self.topics.count) else { throw ValidationError("name 1 to 50 topics") }
        guard (self.count ?? 1) >= 1 else { throw ValidationError("--count is at least 1") }
        _ = try SubscriptionStart(argument: self.from)
    }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.follow() }
    }

    private func follow() async throws {
        var cursors = try CursorKeeper(path: self.cursorFile)
        let options = SubscriptionOptions(
            topics: self.topics,
            start: SubscriptionStart(self.from),
            cursors: cursors.table.cursors
        )
        let printer = EventPrinter(format: self.relay.format)
        var remaining = self.count
        for try await event in try self.relay.client().subscribe(options) {
            try StandardStreams.write(printer.line(event))
            switch event {
            case .subscribed(_, let starts):
                try cursors.started(at: starts)
            case .message(let message):
                try cursors.printed(message)
                remaining = remaining.map { $0 - 1 }
                if remaining == 0 { return }
            case .gap(let gap):
                cursors.told(gap)
            case .error, .reconnecting:
                continue
            }
        }
    }
}
