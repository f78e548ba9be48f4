import RelayAccess

/// Decides whether a checked configuration is safe enough to start with, and where the token secret comes from.
///
/// Pure: the caller refuses (exit code 3), logs and reads files.
public enum StartupGuard {
    /// Where the secret that signs access tokens comes from.
    public enum SecretPlan: Hashable, Sendable {
        case configured(Secret)
        /// From this file, made at the first start: see ``SecretFile``.
        case file(path: String)
        /// Made at every start and kept nowhere: all tokens end with the process.
        case random
        /// There is none, and none may be made up.
        case missing
    }

    /// What is configured, else what the backend allows: a file with sqlite; with memory a random secret, if only this machine
    /// can reach the relay.
    public static func secretPlan(_ configuration: RelayConfiguration) -> SecretPlan {
        if let secret = configuration.access.jwtSecret { return .configured(secret) }
        switch configuration.storage.backend {
        case .sqlite:
            return .file(path: configuration.storage.dataDirectory + "/jwt-secret")
        case .memory:
            return self.isForThisMachine(configuration) ? .random : .missing
        case .valkey:
            return .missing
        }
    }

    /// - Returns: errors, for each of which the relay must not start, before warnings.
    public static func check(_ configuration: RelayConfiguration) -> [ConfigurationProblem] {
        let findings = [
            self.secret(configuration),
            self.valkey(configuration),
            self.hosts(configuration),
        ].compactMap(\.self)
        return findings.filter { $0.severity == .error } + findings.filter { $0.severity == .warning }
    }

    private static func secret(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        switch self.secretPlan(configuration) {
        case .configured(let secret):
            return self.strength(of: secret, allowsShort: configuration.access.allowInsecureDefaults)
        case .file, .random:
            return nil
        case .missing:
            return self.note(
                .error,
                "jwt_secret_key",
                configuration.storage.backend == .valkey
                    ? "not set: relays that share a Valkey need the same secret"
                    : "not set: without a data_dir to keep one in, a relay that others can reach needs a secret of its own"
            )
        }
    }

    private static func strength(of secret: Secret, allowsShort: Bool) -> ConfigurationProblem? {
        switch TokenSecretWeakness(of: secret.value) {
        case nil:
            return nil
        case .placeholder:
            return self.note(
                .error,
                "jwt_secret_key",
                "this is the published placeholder, with which anyone can forge tokens"
            )
        case .short:
            return self.note(
                allowsShort ? .warning : .error,
                "jwt_secret_key",
                "shorter than \(TokenSecretWeakness.minimumLength) characters, so that it can be guessed and tokens forged"
            )
        }
    }

    private static func valkey(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        guard configuration.storage.backend == .valkey, configuration.valkey.password == nil else { return nil }
        let nodes = configuration.valkey.clusterNodes
        let hosts = nodes.isEmpty ? [configuration.valkey.host] : nodes.map(\.host)
        guard !hosts.allSatisfy({ self.isLoopback($0) }) else { return nil }
        return self.note(
            configuration.access.allowInsecureDefaults ? .warning : .error,
            "valkey_password",
            "not set: whoever reaches the server can read and change everything"
        )
    }

    private static func hosts(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        guard configuration.server.trustedHosts.isEmpty, !self.isForThisMachine(configuration) else { return nil }
        return self.note(.warning, "trusted_hosts", "empty, so requests are answered whatever host they name")
    }

    private static func note(
        _ severity: ConfigurationProblem.Severity,
        _ key: String,
        _ message: String
    ) -> ConfigurationProblem {
        ConfigurationProblem(severity, key: key, message)
    }

    /// Whether no other machine reaches one of the ports where tokens are shown.
    private static func isForThisMachine(_ configuration: RelayConfiguration) -> Bool {
        let (host, pulse) = (configuration.server.host, configuration.pulse)
        return self.isLoopback(host) && (pulse.port == nil || self.isLoopback(pulse.host ?? host))
    }

    static func isLoopback(_ host: String) -> Bool {
        let networks = ["127.0.0.0/8", "::1"].compactMap { IPNetwork($0) }
        return host.lowercased() == "localhost" || networks.contains { $0.contains(host) }
    }
}
