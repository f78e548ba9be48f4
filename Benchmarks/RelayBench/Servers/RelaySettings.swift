/// The relay's environment: no limits that a benchmark would run into, everything else as shipped.
struct RelaySettings: Sendable {
    let port: Int
    let threads: Int
    let storage: Launcher.Storage
    let secrets: RelaySecrets
    /// Relative to the working directory, which is the process's own and temporary.
    let dataDirectory: String

    init(port: Int, threads: Int, storage: Launcher.Storage, dataDirectory: String = "data") {
        self.port = port
        self.threads = threads
        self.storage = storage
        self.secrets = if case .valkey(let shared) = storage { shared.secrets } else { RelaySecrets() }
        self.dataDirectory = dataDirectory
    }

    var environment: [String: String] {
        self.common.merging(self.storageSettings) { _, storage in storage }
    }

    private var storageSettings: [String: String] {
        switch self.storage {
        case .memory: ["PULSAR_STORAGE_BACKEND": "memory"]
        case .sqlite: ["PULSAR_STORAGE_BACKEND": "sqlite"]
        case .valkey(let shared):
            [
                "PULSAR_STORAGE_BACKEND": "valkey",
                "PULSAR_VALKEY_HOST": "127.0.0.1",
                "PULSAR_VALKEY_PORT": String(shared.port),
                "PULSAR_VALKEY_PREFIX": shared.prefix,
            ]
        case .smallMemory:
            [
                "PULSAR_STORAGE_BACKEND": "memory",
                "PULSAR_MEMORY_STORE_MAX_BYTES": "4194304",
                "PULSAR_HOT_TIER_MAX_BYTES": "4194304",
            ]
        }
    }

    private var common: [String: String] {
        [
            "PULSAR_HOST": "127.0.0.1",
            "PULSAR_PORT": String(self.port),
            "PULSAR_THREADS": String(self.threads),
            "PULSAR_DATA_DIR": self.dataDirectory,
            "PULSAR_BOOTSTRAP_ADMIN_PASSWORD": self.secrets.password,
            "PULSAR_JWT_SECRET_KEY": self.secrets.signingKey,
            "PULSAR_RATE_LIMITS_ENABLED": "false",
            "PULSAR_WS_MAX_PER_USER": "100000",
            "PULSAR_POLL_MAX_WAITERS_PER_USER": "100000",
            "PULSAR_MAX_CONNECTIONS": "100000",
            "PULSAR_MAX_TOPICS_PER_USER": "1000000",
            "PULSAR_MAX_SESSIONS": "1000000",
            "PULSAR_MAX_SESSIONS_PER_USER": "1000000",
            "PULSAR_RELAY_BANDWIDTH_LIMIT": "0",
            "PULSAR_DOCUMENTS_MAX_LOADED": "1000000",
            "PULSAR_DOCUMENTS_MAX_CONNECTIONS_PER_USER": "100000",
        ]
    }
}
