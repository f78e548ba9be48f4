import ArgumentParser
import Foundation
import Logging
import RelayCommands
import RelayServer

/// Options of every command that works with the relay's configuration.
struct ServerOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: "The configuration file. Default: $PULSAR_CONFIG, else the first standard path that exists."
    )
    var config: String?

    @Option(help: "The address to listen on.")
    var host: String?

    @Option(help: "The port to listen on; 0 lets the system choose.")
    var port: Int?

    @Option(help: "Both in one, as 0.0.0.0:8080 or [::]:8080.")
    var httpBind: String?

    @Option(help: "PEM file of the certificate by which the port speaks TLS.")
    var tlsCert: String?

    @Option(help: "PEM file of its key.")
    var tlsKey: String?

    @Option(help: "The address and port for STUN, as 0.0.0.0:7000; without it there is none.")
    var udpBind: String?

    @Option(help: "The address of the QUIC relay, HTTP/3 and WebTransport, as 0.0.0.0:8443; without it there are none.")
    var quicBind: String?

    @Option(name: [.long, .customLong("workers")], help: "Event loop threads; 0 is one for each core.")
    var threads: Int?

    @Option(help: "sqlite, memory, or valkey.")
    var storageBackend: String?

    @Option(help: "The directory of everything that the relay writes.")
    var dataDir: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(help: "text or json.")
    var logFormat: String?

    @Option(help: "The collector for traces, metrics and logs, as http://collector:4318.")
    var otlpEndpoint: String?

    @Option(help: "Signs access tokens. Every user of this machine sees it here: use --set jwt_secret_key_file=PATH.")
    var jwtSecret: String?

    @Option(
        name: .customLong("server-ed25519-key"),
        help: "Signs tickets, 64 hexadecimal digits. Every user of this machine sees it here, too: use its file."
    )
    var ticketKey: String?

    @OptionGroup(visibility: .hidden) var dormant: DormantOptions

    @Option(name: .customLong("set"), help: "Any other key of the configuration, as key=value. May be repeated.")
    var settings: [String] = []

    /// Whether the command line says where the store is.
    var namesStore: Bool {
        self.config != nil || self.dataDir != nil || self.storageBackend != nil || !self.settings.isEmpty
    }

    /// - Throws: ``ConfigurationFailure`` with everything that is wrong, or ``UsageError``.
    func load() throws -> EffectiveConfiguration {
        try ConfigurationLoader(
            flags: try self.flags(),
            environment: ProcessInfo.processInfo.environment,
            foreignNames: [
                "PULSAR_RELAY_URL", "PULSAR_RELAY_CA", "PULSAR_RELAY_CERT", "PULSAR_RELAY_KEY",
                "PULSAR_USERNAME", "PULSAR_PASSWORD",
            ],
            readFile: ConfigurationLoader.readFromDisk
        ).load()
    }

    /// The same for what has been read before: its flags are known to be some.
    ///
    /// - Throws: everything that is wrong.
    func reload() throws(ConfigurationFailure) -> EffectiveConfiguration {
        do {
            return try self.load()
        } catch let failure as ConfigurationFailure {
            throw failure
        } catch {
            throw ConfigurationFailure(problems: [ConfigurationProblem(key: nil, "\(error)")])
        }
    }

    private func flags() throws -> [String: String] {
        var flags: [String: String] = [:]
        for setting in self.settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError("--set takes key=value, not '\(setting)'")
            }
            flags[String(parts[0])] = String(parts[1])
        }
        flags.merge(self.dormant.flags) { $1 }
        flags["config"] = self.config
        flags["host"] = self.host ?? flags["host"]
        flags["port"] = self.port.map(String.init) ?? flags["port"]
        flags["http_bind"] = self.httpBind ?? flags["http_bind"]
        flags["tls_cert"] = self.tlsCert ?? flags["tls_cert"]
        flags["tls_key"] = self.tlsKey ?? flags["tls_key"]
        flags["jwt_secret"] = self.jwtSecret ?? flags["jwt_secret"]
        flags["udp_bind"] = self.udpBind ?? flags["udp_bind"]
        flags["quic_bind"] = self.quicBind ?? flags["quic_bind"]
        flags["threads"] = self.threads.map(String.init) ?? flags["threads"]
        flags["storage_backend"] = self.storageBackend ?? flags["storage_backend"]
        flags["data_dir"] = self.dataDir ?? flags["data_dir"]
        flags["log_level"] = self.logLevel ?? flags["log_level"]
        flags["log_format"] = self.logFormat ?? flags["log_format"]
        flags["server_ed25519_key"] = self.ticketKey ?? flags["server_ed25519_key"]
        flags["otlp_endpoint"] = self.otlpEndpoint ?? flags["otlp_endpoint"]
        return flags
    }
}
