import ArgumentParser
import Foundation
import Glibc
import Logging
import RelayCommands
import RelayCore
import RelayServer
import RelayWire
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the relay.",
        discussion: """
            Serves until SIGTERM or SIGINT. Then it finishes what is under way and exits with 0. Exits with 3 if the \
            configuration is not safe to start with, and with 1 if it can't be used.

            Example: pulsar-relay serve --host 0.0.0.0 --data-dir /var/lib/pulsar-relay
            """
    )

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let effective = try self.server.load()
        let configuration = effective.configuration
        let rules = LogRules(configuration.logging)
        let streams = ServeStreams(rules)
        defer { streams.flush() }
        LoggingSystem.bootstrap {
            LineLogHandler(
                label: $0,
                rules: rules,
                sink: streams.log,
                now: RelayClock.system.now
            )
        }
        let logger = Logger(label: "pulsar-relay")
        for warning in effective.warnings { logger.warning("\(warning)") }
        // Trapped before anything is opened: a signal during the start ends the relay in order as well.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let server = self.server
        let live = LiveConfiguration(effective, now: RelayClock.system.now) { () throws(ConfigurationFailure) in
            try server.reload()
        }
        live.observe { rules.change(to: $0.logging) }
        let (reloads, reload) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var hooks = Self.hooks(configuration, streams)
        hooks.reloads = reloads
        let relay = Relay(live: live, logger: logger, hooks: hooks)
        let stop = SignalWatch(signals: signals, live: live, reload: { reload.yield() }, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(service: relay),
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: stop,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    ),
                ],
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
    private static func hooks(_ configuration: RelayConfiguration, _ streams: ServeStreams) -> RelayHooks {
        RelayHooks(
            listening: { port, certificate in
                let text = StartText(
                    configuration,
                    version: RelayVersion.current,
                    port: port,
                    certificate: certificate,
                    workingDirectory: FileManager.default.currentDirectoryPath
                )
                streams.say("\(text)")
            },
            announcePassword: { username, password in
                streams.say(
                    """
                    First start: the administrator is '\(username)' with the password '\(password)'.
                    It is shown this once.
                    """
                )
            },
            droppedLogLines: { streams.log.droppedLines },
            manager: ServiceManager(environment: ProcessInfo.processInfo.environment, processID: getpid())
        )
    }
}

/// Says why the relay stops, and ends when it shall. Has the configuration read again where that is asked for.
private struct SignalWatch: Service, CustomStringConvertible {
    let signals: UnixSignalsSequence
    let live: LiveConfiguration
    let reload: @Sendable () -> Void
    let logger: Logger

    /// For the lifecycle's log.
    var description: String { "SignalWatch" }

    func run() async {
        for await signal in self.signals {
            if signal == .sighup {
                self.reload()
                continue
            }
            self.logger.info(
                "stopping: what is under way is finished first",
                metadata: [
                    "signal": "\("\(signal)".uppercased())", "grace": "\(self.live.configuration.server.shutdownGrace)",
                ]
            )
            return
        }
    }
}
