public import RelayValkey

/// How a server is started. Without any it is open to all on its port of 127.0.0.1, and keeps nothing on disk.
public struct ValkeyServerOptions: Sendable {
    /// The password of the user `default`.
    public var password: String?
    /// ACL rules of further users, as in `worker on >secret ~* &* +@all`.
    public var users: [String]
    /// Certificates for TLS. The port then speaks nothing else.
    public var tls: TLSCertificates?
    /// Keeps an append-only file synced on every write, so that data survives `kill`.
    public var isDurable: Bool
    /// A server that knows `WAITAOF`: Valkey, or Redis 7.2. Only where ``ValkeyServerProcess/isRecentThere``.
    public var isRecent: Bool
    /// Further arguments, as in `["--cluster-enabled", "yes"]`.
    public var arguments: [String]

    public init(
        password: String? = nil,
        users: [String] = [],
        tls: TLSCertificates? = nil,
        isDurable: Bool = false,
        isRecent: Bool = false,
        arguments: [String] = []
    ) {
        self.password = password
        self.users = users
        self.tls = tls
        self.isDurable = isDurable
        self.isRecent = isRecent
        self.arguments = arguments
    }

    func commandLine(port: Int, directory: String) -> [String] {
        var line = ["--bind", "127.0.0.1", "--dir", directory, "--save", "", "--logfile", "", "--daemonize", "no"]
        line += self.isDurable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"]
        if let tls = self.tls {
            line += ["--port", "0", "--tls-port", "\(port)", "--tls-auth-clients", "no"]
            line += [
                "--tls-cert-file", tls.certificate, "--tls-key-file", tls.key, "--tls-ca-cert-file", tls.authority,
            ]
        } else {
            line += ["--port", "\(port)"]
        }
        if let password = self.password { line += ["--requirepass", password] }
        for user in self.users { line += ["--user"] + user.split(separator: " ").map(String.init) }
        return line + self.arguments
    }
}

extension ValkeyServerOptions {
    /// How a client gets in as the user `default`, for addresses that the certificates name.
    public var clientConfiguration: ValkeyConfiguration {
        ValkeyConfiguration(
            password: self.password.map { ValkeyPassword($0) },
            tls: self.tls.map { ValkeyTLS(certificateAuthorityPath: $0.authority) }
        )
    }

    /// The same, as a node of a cluster.
    ///
    /// - Parameters:
    ///   - nodeTimeout: how long a node may be silent before it counts as failed, in milliseconds.
    ///   - hostname: what it announces in place of its address.
    func ofClusterMember(nodeTimeout: Int, hostname: String?) -> ValkeyServerOptions {
        var member = self
        member.arguments = [
            "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
            "--cluster-node-timeout", "\(nodeTimeout)", "--cluster-replica-validity-factor", "0",
            "--repl-diskless-sync-delay", "0", "--repl-diskless-load", "on-empty-db",
        ]
        if let password = self.password { member.arguments += ["--masterauth", password] }
        if self.tls != nil { member.arguments += ["--tls-cluster", "yes", "--tls-replication", "yes"] }
        if let hostname {
            member.arguments += [
                "--cluster-announce-hostname", hostname, "--cluster-preferred-endpoint-type", "hostname",
            ]
        }
        member.arguments += self.arguments
        return member
    }
}
