import ArgumentParser
import Logging
import RelayCommands
import RelayCore
import RelayServer
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the relay.",
        discussion: """
            Serves until SIGTERM or SIGINT. Then it finishes what is under way and exits with 0. Exits with 3 if the \
            configuration is not safe to start with, and with 1 if it can't be used.
            """
    )

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let effective = try self.server.load()
        let configuration = effective.configuration
        let streams = ServeStreams(configuration.logging)
        defer { streams.flush() }
        LoggingSystem.bootstrap {
            LineLogHandler(
                label: $0,
                settings: configuration.logging,
                sink: streams.log,
                now: RelayClock.system.now
            )
        }
        let logger = Logger(label: "pulsar-relay")
        for warning in effective.warnings { logger.warning("\(warning)") }
        let relay = Relay(
            configuration: configuration,
            logger: logger,
            hooks: Self.hooks(configuration.server, streams)
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [relay],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch RelayStartError.refused(let problems) {
            for problem in problems { logger.critical("\(problem)") }
            throw ExitCode(CommandStatus.refused.rawValue)
        } catch {
            streams.log.write("pulsar-relay: \(error)\n")
            throw ExitCode(CommandStatus(for: error).rawValue)
        }
    }

    /// What a person at the terminal needs to know goes to standard output; the log goes to standard error.
    private static func hooks(_ server: RelayConfiguration.Server, _ streams: ServeStreams) -> RelayHooks {
        RelayHooks(
            listening: { port in
                streams.say("Pulsar Relay listens on http://\(server.host):\(port)")
            },
            announcePassword: { username, password in
                streams.say(
                    """
                    First start: the administrator is '\(username)' with the password '\(password)'.
                    It is shown this once. Log in with: pulsar-relay login --url http://\(server.host):\(server.port) \
                    --username \(username)
                    """
                )
            },
            droppedLogLines: { streams.log.droppedLines }
        )
    }
}
