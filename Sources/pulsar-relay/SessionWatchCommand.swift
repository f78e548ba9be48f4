import ArgumentParser
import RelayClient
import RelayCommands

struct SessionWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Print what happens in a session.",
        discussion: """
            Give the id of a session that you made, or a token: an invite or a join token joins as a guest under the name of \
            --as, and a ticket watches as its peer. Shows who comes and goes, chat, signals, presence and files, beginning \
            with what is kept. Runs until it is interrupted, or the session is over.

            Example: pulsar-relay session watch SESSION
            Example: pulsar-relay session watch INVITE --as bob --json
            """
    )

    /// Behind the session's own.
    private static let parts = ["signal", "presence", "files", "punch"]

    @OptionGroup var relay: RelayOptions

    @Argument(help: "A session's id, an invite, a join token, or a ticket.")
    var session: String

    @Option(help: "Who to be. With an id: one of your own peers there.")
    var `as`: String?

    @Option(help: "Where to start: last (what comes from now on), earliest, or after a message id.")
    var from = "earliest"

    @Option(help: "End after this many messages.")
    var count: Int?

    func validate() throws {
        guard (self.count ?? 1) >= 1 else { throw ValidationError("--count is at least 1") }
        _ = try SubscriptionStart(argument: self.from)
    }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.watch() }
    }

    private func watch() async throws {
        let client = try self.relay.client(maxAttempts: nil)
        guard self.session.contains(".") else { return try await self.read(self.session, client, as: self.as) }
        let member = try await self.member(client)
        let command = self
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await member.keepAlive() }
            group.addTask { try await command.read(member.sessionID, member.client, as: nil) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func member(_ client: RelayClient) async throws -> SessionMember {
        if try SessionTicket(self.session).peerID != nil {
            return try SessionMember(ticket: self.session, like: client)
        }
        guard let name = self.as else { throw UsageError("give --as: who to be in the session") }
        return SessionMember(try await client.join(by: self.session, as: name, asGuest: true), like: client)
    }

    private func read(_ session: String, _ client: RelayClient, as peer: String?) async throws {
        let root = "session/\(session)"
        var options = SubscriptionOptions(
            topics: [root] + Self.parts.map { "\(root)/\($0)" },
            start: SubscriptionStart(self.from)
        )
        options.clientID = peer
        let printer = EventPrinter(format: self.relay.format, text: SessionLine.text)
        var remaining = self.count
        for try await event in try client.subscribe(options) {
            try StandardStreams.write(printer.line(event))
            guard case .message = event else { continue }
            remaining = remaining.map { $0 - 1 }
            if remaining == 0 { return }
        }
    }
}
