/// Decides whether a checked configuration is safe enough to start with, and where the token secret comes from.
///
/// Pure: the caller refuses (exit code 3), logs and reads files.
public enum StartupGuard {
    /// The secret that the Python relay ships in its examples. Everyone knows it, so it signs nothing here.
    public static let placeholderSecret = "your-secret-key-here-change-in-production"
    /// In characters.
    public static let minimumSecretLength = 32

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

    public static func secretPlan(_ configuration: RelayConfiguration) -> SecretPlan {
        if let secret = configuration.access.jwtSecret { return .configured(secret) }
        switch configuration.storage.backend {
        case .sqlite:
            return .file(path: configuration.storage.dataDirectory + "/jwt-secret")
        case .memory:
            return Self.isLoopback(configuration.server.host) ? .random : .missing
        case .valkey:
            return .missing
        }
    }

    /// - Parameter hasUsers: whether the store holds any user, before a bootstrap administrator is made.
    /// - Returns: errors, for each of which the relay must not start, before warnings.
    public static func check(_ configuration: RelayConfiguration, hasUsers: Bool) -> [ConfigurationProblem] {
        let findings = [
            self.secret(configuration),
            self.administrator(configuration.access, hasUsers: hasUsers),
            self.origins(configuration.server),
            self.hosts(configuration.server),
        ].compactMap(\.self)
        return findings.filter { $0.severity == .error } + findings.filter { $0.severity == .warning }
    }

    private static func secret(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        switch self.secretPlan(configuration) {
        case .configured(let secret):
            return self.strength(of: secret, allowsShort: configuration.access.allowInsecureDefaults)
        case .file:
            return nil
        case .random:
            return self.note(
                .warning,
                "jwt_secret_key",
                "not set: a random secret is used, tokens end when the relay stops"
            )
        case .missing:
            return self.note(
                .error,
                "jwt_secret_key",
                "not set: without a data_dir to keep one in, a relay that others can reach needs a secret of its own"
            )
        }
    }

    private static func strength(of secret: Secret, allowsShort: Bool) -> ConfigurationProblem? {
        guard !secret.value.contains(self.placeholderSecret) else {
            return self.note(
                .error,
                "jwt_secret_key",
                "this is the published placeholder, with which anyone can forge tokens"
            )
        }
        guard secret.value.count < self.minimumSecretLength else { return nil }
        return self.note(
            allowsShort ? .warning : .error,
            "jwt_secret_key",
            "shorter than \(self.minimumSecretLength) characters, so that it can be guessed and tokens forged"
        )
    }

    private static func administrator(_ access: RelayConfiguration.Access, hasUsers: Bool) -> ConfigurationProblem? {
        guard !hasUsers, access.bootstrapAdminPassword == nil else { return nil }
        return self.note(
            .warning,
            "bootstrap_admin_password",
            "not set, and there are no users: nobody can log in"
        )
    }

    private static func origins(_ server: RelayConfiguration.Server) -> ConfigurationProblem? {
        guard server.allowedOrigins.isEmpty else { return nil }
        return self.note(.warning, "allowed_origins", "empty, so no web page of another origin can use the relay")
    }

    private static func hosts(_ server: RelayConfiguration.Server) -> ConfigurationProblem? {
        guard server.trustedHosts.isEmpty else { return nil }
        return self.note(.warning, "trusted_hosts", "empty, so requests are answered whatever host they name")
    }

    private static func note(
        _ severity: ConfigurationProblem.Severity,
        _ key: String,
        _ message: String
    ) -> ConfigurationProblem {
        ConfigurationProblem(severity, key: key, message)
    }

    static func isLoopback(_ host: String) -> Bool {
        let networks = ["127.0.0.0/8", "::1"].compactMap { IPNetwork($0) }
        return host.lowercased() == "localhost" || networks.contains { $0.contains(host) }
    }
}
