import ArgumentParser
import RelayCommands
import RelayWire

/// The command `pulsar-relay`. A new command is a file of its own and a line in `subcommands`.
@main
struct PulsarRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pulsar-relay",
        abstract: "Run a message relay, publish to it, and read from it.",
        discussion: """
            Begin with:
              pulsar-relay serve
              pulsar-relay login --url http://127.0.0.1:8080 --username admin
              pulsar-relay publish news '{"text": "hello"}'
              pulsar-relay subscribe news --from earliest

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not safe to start, 4 not logged in.
            """,
        version: RelayVersion.current,
        subcommands: [
            ServeCommand.self,
            LoginCommand.self,
            LogoutCommand.self,
            WhoamiCommand.self,
            PasswordCommand.self,
            PublishCommand.self,
            SubscribeCommand.self,
            PollCommand.self,
            HistoryCommand.self,
            TokenCommand.self,
            WebhookCommand.self,
            TopicCommand.self,
            SessionCommand.self,
            DocumentCommand.self,
            TunnelCommand.self,
            UserCommand.self,
            StoreCommand.self,
            ConnectionsCommand.self,
            NodesCommand.self,
            TopCommand.self,
            AuditCommand.self,
            ConfigCommand.self,
            ProveCommand.self,
            VersionCommand.self,
        ]
    )

    static func main() async {
        StandardStreams.keepBrokenPipesQuiet()
        do {
            var command = try self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            CommandExit.end(with: error)
        }
    }
}
