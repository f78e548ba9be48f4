import ArgumentParser
import RelayClient
import RelayCommands
import RelayServer

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at the relay's configuration, and have it read again.",
        subcommands: [CheckCommand.self, ExampleCommand.self, ReloadCommand.self]
    )

    struct CheckCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check the configuration, and print what is in effect, with secrets masked.",
            discussion: """
                Exits with 1 where the configuration can't be used, and with 3 where it is not safe to start with. With \
                --explain it prints only the keys that something sets: where each is from, what it overrides, and \
                whether it changes while the relay runs.

                Example: pulsar-relay config check --config config.yaml
                """
        )

        @Flag(help: "Print where each key that is set is from, and what it overrides.")
        var explain = false

        @OptionGroup var server: ServerOptions

        func run() throws {
            let effective = try self.server.load()
            for warning in effective.warnings { StandardStreams.notice("warning: \(warning)") }
            let problems = StartupGuard.check(effective.configuration)
            for problem in problems { StandardStreams.notice("\(problem.severity): \(problem)") }
            try StandardStreams.result(self.explain ? effective.explain() : effective.render())
            guard problems.contains(where: { $0.severity == .error }) else { return }
            throw ExitCode(CommandStatus.refused.rawValue)
        }
    }

    struct ReloadCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reload",
            abstract: "Have a relay read its configuration again.",
            discussion: """
                The caller has to be an administrator. What has changed is printed, and what waits for a restart. Where anything \
                is wrong with the configuration, nothing changes. Beside the relay, kill -HUP does the same.

                Example: pulsar-relay config reload --url https://relay.example.org
                """
        )

        @OptionGroup var relay: RelayOptions

        func run() async throws {
            let reload = try await self.relay.client().reloadConfiguration()
            for warning in reload.warnings { StandardStreams.notice("warning: \(warning)") }
            for change in reload.changed { try StandardStreams.result(Self.line(change)) }
            for change in reload.needsRestart {
                StandardStreams.notice("waits for a restart: \(Self.line(change))")
            }
            if reload.changed.isEmpty { StandardStreams.notice("nothing has changed") }
        }

        private static func line(_ change: ConfigurationReload.Change) -> String {
            "\(change.key): \(change.from ?? "not set") -> \(change.to ?? "not set")"
        }
    }

    struct ExampleCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "example",
            abstract: "Print a configuration file that names every key, with what it does and its default.",
            discussion: "Example: pulsar-relay config example > config.yaml"
        )

        func run() throws {
            try StandardStreams.result(String(ConfigurationExample.render().dropLast()))
        }
    }
}
