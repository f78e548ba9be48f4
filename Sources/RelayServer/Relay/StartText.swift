/// What the relay tells the person at the terminal once it serves: where it listens, where its data is, and how to log in.
public struct StartText: Hashable, Sendable, CustomStringConvertible {
    /// `Pulsar Relay 1.0.0 listens on http://127.0.0.1:8080`.
    public let listening: String
    /// `/srv/relay/data (sqlite)`.
    public let data: String
    /// A command.
    public let login: String
    /// The console's URL; nil where it is off.
    public let console: String?
    /// The digest by which clients can tell the certificate, `SHA-256 3f…`; nil where there is no TLS.
    public let certificate: String?

    /// - Parameters:
    ///   - version: the relay's.
    ///   - port: where it listens in truth, also with `port: 0`.
    ///   - certificate: what connections are shown; nil where there is no TLS.
    ///   - workingDirectory: what a relative `data_dir` is relative to.
    public init(
        _ configuration: RelayConfiguration,
        version: String,
        port: Int,
        certificate: CertificateFacts? = nil,
        workingDirectory: String
    ) {
        let scheme = certificate == nil ? "http" : "https"
        let host = configuration.server.host
        self.listening = "Pulsar Relay \(version) listens on \(scheme)://\(Self.bracketed(host)):\(port)"
        self.data = Self.data(configuration, workingDirectory)
        let url = "\(scheme)://\(Self.bracketed(Self.reachable(host))):\(port)"
        let trust = certificate?.ownFile.map { " --ca \(Self.absolute($0, in: workingDirectory))" } ?? ""
        self.login = "pulsar-relay login --url \(url)\(trust) --username \(configuration.access.bootstrapAdminUsername)"
        self.console = configuration.server.console ? "\(url)/console" : nil
        self.certificate = certificate.map { facts in
            "SHA-256 \(facts.fingerprint)\(facts.isSelfSigned ? ", made by the relay" : "")"
        }
    }

    /// Three lines, and one each of the console and of the certificate.
    public var description: String {
        """
        \(self.listening)
        Data:   \(self.data)
        Log in: \(self.login)
        """ + Self.line("Look:   ", self.console) + Self.line("TLS:    certificate ", self.certificate)
    }

    /// Empty where there is nothing to say.
    private static func line(_ name: String, _ text: String?) -> String { text.map { "\n\(name)\($0)" } ?? "" }

    private static func data(_ configuration: RelayConfiguration, _ workingDirectory: String) -> String {
        switch configuration.storage.backend {
        case .memory:
            return "in memory, gone when the relay stops"
        case .sqlite:
            return "\(Self.absolute(configuration.storage.dataDirectory, in: workingDirectory)) (sqlite)"
        case .valkey:
            let valkey = configuration.valkey
            let nodes = valkey.clusterNodes.map(\.description).joined(separator: ", ")
            return nodes.isEmpty
                ? "Valkey at \(Self.bracketed(valkey.host)):\(valkey.port)" : "Valkey cluster of \(nodes)"
        }
    }

    private static func absolute(_ path: String, in workingDirectory: String) -> String {
        let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)"
    }

    /// An address at which this machine reaches a relay that listens on all of its addresses.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }
}
