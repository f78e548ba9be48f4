import RelayCore

/// What must hold between several keys, or for a value in this version.
enum ConfigurationRules {
    /// - Parameter given: the flat names of the keys that some source sets.
    static func check(_ configuration: RelayConfiguration, given: Set<String>) -> [ConfigurationProblem] {
        [
            self.backend(configuration, given),
            self.tls(configuration.tls),
            self.durability(configuration.storage),
            self.valkey(configuration),
            self.hotTier(configuration.hotTier),
            self.memory(configuration),
            self.proxies(configuration.server),
            self.passwordCost(configuration.access.passwordCost),
            self.peerPort(configuration.peerPort),
            self.metrics(configuration),
            self.pulse(configuration),
            self.turn(configuration),
            self.quic(configuration.quic),
            self.webhook(configuration.documents),
        ].compactMap(\.self) + SignInRules.check(configuration.signIn)
    }

    /// The Python relay's files name the Valkey that it always uses, and no backend.
    private static func backend(_ configuration: RelayConfiguration, _ given: Set<String>) -> ConfigurationProblem? {
        let valkey = RelayConfiguration.Valkey.keys.map(\.name).filter(given.contains)
        guard configuration.storage.backend != .valkey, !given.contains("storage_backend"), !valkey.isEmpty else {
            return nil
        }
        return ConfigurationProblem(
            .warning,
            key: valkey.joined(separator: ", "),
            "have no effect without storage_backend: valkey; data is kept in data_dir"
        )
    }

    private static func quic(_ quic: RelayConfiguration.QUIC) -> ConfigurationProblem? {
        switch (quic.certificatePath, quic.keyPath) {
        case (.some, nil): return ConfigurationProblem(key: "quic_cert_path", "has no quic_key_path")
        case (nil, .some): return ConfigurationProblem(key: "quic_key_path", "has no quic_cert_path")
        case (.some, .some), (nil, nil): break
        }
        guard quic.keepAlive < quic.idle else {
            return ConfigurationProblem(key: "quic_keep_alive_seconds", "must be less than quic_idle_seconds")
        }
        return nil
    }

    private static func tls(_ tls: RelayConfiguration.TLS) -> ConfigurationProblem? {
        switch (tls.certificatePath, tls.keyPath) {
        case (.some, nil): return ConfigurationProblem(key: "tls_cert_path", "has no tls_key_path")
        case (nil, .some): return ConfigurationProblem(key: "tls_key_path", "has no tls_cert_path")
        case (.some, .some) where tls.isSelfSigned:
            return ConfigurationProblem(key: "tls_self_signed", "must not be set beside tls_cert_path")
        case (.some, .some), (nil, nil): break
        }
        guard tls.clientAuthorityPath != nil else {
            guard tls.needsClientCertificates == true else { return nil }
            return ConfigurationProblem(
                key: "mtls_enabled",
                "needs client_ca_path, the authorities of those certificates"
            )
        }
        guard tls.needsClientCertificates != false else {
            return ConfigurationProblem(.warning, key: "client_ca_path", "has no effect with mtls_enabled: false")
        }
        guard !tls.isEnabled else { return nil }
        return ConfigurationProblem(
            key: "client_ca_path",
            "needs tls_cert_path: without TLS no client can show a certificate"
        )
    }

    private static func valkey(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        let valkey = configuration.valkey
        guard configuration.storage.backend == .valkey else { return nil }
        if valkey.username != nil, valkey.password == nil {
            return ConfigurationProblem(key: "valkey_username", "has no valkey_password")
        }
        if valkey.certificateAuthorityPath != nil, !valkey.usesTLS {
            return ConfigurationProblem(key: "valkey_ca_path", "has no effect without valkey_use_tls: true")
        }
        if !valkey.clusterNodes.isEmpty, valkey.database != 0 {
            return ConfigurationProblem(key: "valkey_db", "must be 0 with valkey_cluster_nodes: a cluster has no other")
        }
        return nil
    }

    private static func durability(_ storage: RelayConfiguration.Storage) -> ConfigurationProblem? {
        let isGiven =
            switch (storage.backend, storage.durability) {
            case (.valkey, _), (_, .stored), (.memory, .memory), (.sqlite, .memory), (.sqlite, .synced): true
            case (.memory, .replicated), (.memory, .synced), (.sqlite, .replicated): false
            }
        if isGiven { return nil }
        return ConfigurationProblem(
            key: "storage_durability",
            "storage_backend: \(storage.backend.rawValue) can't give \(storage.durability.rawValue)"
        )
    }

    private static func hotTier(_ hotTier: RelayConfiguration.HotTier) -> ConfigurationProblem? {
        guard hotTier.maxBytesPerTopic > hotTier.maxBytes else { return nil }
        return ConfigurationProblem(
            key: "hot_tier_max_bytes_per_topic",
            "one topic may not hold more than hot_tier_max_bytes allows for all"
        )
    }

    private static func memory(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        let memory = configuration.memory
        let largestBody = configuration.server.maxBodyBytes
        if memory.maxBytes > 0, memory.maxBytes < MemoryLimits.leastWhole || memory.maxBytes / 8 < largestBody {
            return ConfigurationProblem(
                key: "max_memory_bytes",
                "must be 64MiB or more, and eight times max_body_bytes or more"
            )
        }
        if memory.maxRequestBytes > 0, memory.maxRequestBytes < largestBody {
            return ConfigurationProblem(key: "max_request_bytes", "must not be less than max_body_bytes")
        }
        return nil
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

    private static func metrics(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        guard let port = configuration.metrics.port, port == configuration.server.port else { return nil }
        return ConfigurationProblem(key: "prometheus_port", "must not be port, where /metrics is in any case")
    }

    private static func pulse(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        let pulse = configuration.pulse
        guard pulse.timeout > pulse.heartbeat else {
            return ConfigurationProblem(key: "pulse_timeout_seconds", "must be more than pulse_heartbeat_seconds")
        }
        let taken = RelayConfiguration.Pulse.healthPath
        guard pulse.path != taken else {
            return ConfigurationProblem(key: "pulse_websocket_path", "must not be \(taken)")
        }
        guard let port = pulse.port else { return nil }
        switch port {
        case configuration.server.port: return ConfigurationProblem(key: "pulse_port", "must not be port")
        case configuration.metrics.port: return ConfigurationProblem(key: "pulse_port", "must not be prometheus_port")
        default: return nil
        }
    }

    /// From a socket for every address the system chooses the address that answers leave from.
    private static func peerPort(_ port: RelayConfiguration.PeerPort) -> ConfigurationProblem? {
        guard let bind = port.bind else { return nil }
        if bind.port == port.alternatePort {
            return ConfigurationProblem(key: "udp_alternate_port", "must not be the port of udp_bind")
        }
        guard let alternate = port.alternateAddress.flatMap(IPNetwork.bytes) else { return nil }
        let primary = IPNetwork.bytes(of: bind.host)
        guard let primary, primary.contains(where: { $0 != 0 }), primary != alternate else {
            return ConfigurationProblem(
                key: "udp_alternate_address",
                "needs another address of this machine in udp_bind, and not 0.0.0.0 or ::"
            )
        }
        guard primary.count == alternate.count, port.alternatePort > 0 else {
            return ConfigurationProblem(
                key: "udp_alternate_address",
                "must be of the same family as udp_bind, and needs a udp_alternate_port"
            )
        }
        return nil
    }

    private static func webhook(_ documents: RelayConfiguration.Documents) -> ConfigurationProblem? {
        guard documents.webhook != nil, documents.webhookSecret == nil else { return nil }
        return ConfigurationProblem(
            key: "documents_webhook_url",
            "needs a documents_webhook_secret: its receiver could not tell the relay from others"
        )
    }

    private static func turn(_ configuration: RelayConfiguration) -> ConfigurationProblem? {
        let turn = configuration.turn
        guard turn.isEnabled else { return nil }
        guard configuration.peerPort.bind != nil else {
            return ConfigurationProblem(key: "turn_enabled", "needs udp_bind, the port where clients ask")
        }
        guard turn.minPort <= turn.maxPort else {
            return ConfigurationProblem(key: "turn_min_port", "must not be more than turn_max_port")
        }
        return nil
    }
}
