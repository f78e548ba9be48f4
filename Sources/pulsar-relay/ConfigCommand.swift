import ArgumentParser
import RelayCommands
import RelayServer

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at the relay's configuration.",
        subcommands: [CheckCommand.self, ExampleCommand.self]
    )

    struct CheckCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check the configuration, and print what is in effect, with secrets masked.",
            discussion: """
                Exits with 1 where the configuration can't be used, and with 3 where it is not safe to start with.

                Example: pulsar-relay config check --config config.yaml
                """
        )

        @OptionGroup var server: ServerOptions

        func run() throws {
            let effective = try self.server.load()
            for warning in effective.warnings { StandardStreams.notice("warning: \(warning)") }
            let problems = StartupGuard.check(effective.configuration)
            for problem in problems { StandardStreams.notice("\(problem.severity): \(problem)") }
            try StandardStreams.result(effective.render())
            guard problems.contains(where: { $0.severity == .error }) else { return }
            throw ExitCode(CommandStatus.refused.rawValue)
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
