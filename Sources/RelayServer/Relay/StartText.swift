/// What the relay tells the person at the terminal once it serves: where it listens, where its data is, and how to log in.
public struct StartText: Hashable, Sendable, CustomStringConvertible {
    /// `Pulsar Relay 1.0.0 listens on http://127.0.0.1:8080`.
    public let listening: String
    /// `/srv/relay/data (sqlite)`.
    public let data: String
    /// A command.
    public let login: String

    /// - Parameters:
    ///   - version: the relay's.
    ///   - port: where it listens in truth, also with `port: 0`.
    ///   - workingDirectory: what a relative `data_dir` is relative to.
    public init(_ configuration: RelayConfiguration, version: String, port: Int, workingDirectory: String) {
        let host = configuration.server.host
        self.listening = "Pulsar Relay \(version) listens on http://\(Self.bracketed(host)):\(port)"
        self.data = Self.data(configuration, workingDirectory)
        let url = "http://\(Self.bracketed(Self.reachable(host))):\(port)"
        self.login = "pulsar-relay login --url \(url) --username \(configuration.access.bootstrapAdminUsername)"
    }

    /// Three lines.
    public var description: String {
        """
        \(self.listening)
        Data:   \(self.data)
        Log in: \(self.login)
        """
    }

    private static func data(_ configuration: RelayConfiguration, _ workingDirectory: String) -> String {
        switch configuration.storage.backend {
        case .memory:
            return "in memory, gone when the relay stops"
        case .sqlite:
            let directory = configuration.storage.dataDirectory
            let path = directory.hasPrefix("./") ? String(directory.dropFirst(2)) : directory
            return "\(path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)") (sqlite)"
        case .valkey:
            let valkey = configuration.valkey
            let nodes = valkey.clusterNodes.map(\.description).joined(separator: ", ")
            return nodes.isEmpty
                ? "Valkey at \(Self.bracketed(valkey.host)):\(valkey.port)" : "Valkey cluster of \(nodes)"
        }
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
