import ArgumentParser
import RelayClient
import RelayCommands

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Print messages that a topic keeps, the newest first.",
        discussion: """
            Example: pulsar-relay history news --count 20
            Example: pulsar-relay history news --oldest-first --count 0
            """
    )

    /// Messages in one request.
    private static let pageSize = 100

    @OptionGroup var relay: RelayOptions

    @Argument(help: "The topic.")
    var topic: String

    @Option(help: "How many messages at most. 0: all.")
    var count = 10

    @Flag(help: "Begin with the oldest message.")
    var oldestFirst = false

    @Option(help: "Begin after the message with this id, in the direction of reading.")
    var from: String?

    func validate() throws {
        guard self.count >= 0 else { throw ValidationError("--count is 0 or more") }
    }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.read() }
    }

    private func read() async throws {
        let client = try self.relay.client()
        var cursor = self.from
        var remaining = self.count == 0 ? Int.max : self.count
        while remaining > 0 {
            let limit = min(Self.pageSize, remaining)
            let page = try await client.history(
                self.topic,
                limit: limit,
                order: self.oldestFirst ? .oldestFirst : .newestFirst,
                cursor: cursor
            )
            for message in page.messages { try StandardStreams.result(self.relay.format.line(message)) }
            guard page.messages.count == limit, let next = page.nextCursor else { return }
            remaining -= page.messages.count
            cursor = next
        }
    }
}
