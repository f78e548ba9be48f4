/// What must hold between several keys, or for a value in this version.
enum ConfigurationRules {
    static func check(_ configuration: RelayConfiguration) -> [ConfigurationProblem] {
        [
            self.backend(configuration.storage),
            self.hotTier(configuration.hotTier),
            self.proxies(configuration.server),
            self.passwordCost(configuration.access.passwordCost),
        ].compactMap(\.self)
    }

    private static func backend(_ storage: RelayConfiguration.Storage) -> ConfigurationProblem? {
        guard storage.backend == .valkey else { return nil }
        return ConfigurationProblem(key: "storage_backend", "this version has no Valkey store; use sqlite or memory")
    }

    private static func hotTier(_ hotTier: RelayConfiguration.HotTier) -> ConfigurationProblem? {
        guard hotTier.maxBytesPerTopic > hotTier.maxBytes else { return nil }
        return ConfigurationProblem(
            key: "hot_tier_max_bytes_per_topic",
            "one topic may not hold more than hot_tier_max_bytes allows for all"
        )
    }

    private static func proxies(_ server: RelayConfiguration.Server) -> ConfigurationProblem? {
        switch (server.trustForwardedFor, server.trustedProxies.isEmpty) {
        case (true, true):
            ConfigurationProblem(
                key: "trust_forwarded_for",
                "name the proxies in trusted_proxies: any client can send X-Forwarded-For"
            )
        case (false, false):
            ConfigurationProblem(.warning, key: "trusted_proxies", "has no effect without trust_forwarded_for: true")
        case (true, false), (false, true):
            nil
        }
    }

    private static func passwordCost(_ cost: RelayConfiguration.PasswordCost) -> ConfigurationProblem? {
        guard cost.memoryKiB < 8 * cost.parallelism else { return nil }
        return ConfigurationProblem(key: "argon2_memory_kib", "argon2 needs at least 8 KiB for each lane")
    }
}
