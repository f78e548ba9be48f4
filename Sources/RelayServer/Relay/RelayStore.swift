public import NIOCore
public import RelayAccess
public import RelayCore
public import RelayStorage
import RelayValkey

/// A store for everything: messages, topics, readers' places, users, tokens, webhooks and the audit log.
public typealias RelayStore = AccessStore & AuditStore & ReaderStore & StoreLifecycle & StreamStore
    & StreamTransferStore & WebhookStore

extension RelayConfiguration {
    /// Opens the configured store.
    ///
    /// - Parameters:
    ///   - loops: the relay's own; the store must be closed before they end.
    ///   - role: a relay has its directory for itself; a guest may come beside it, and appends no messages.
    /// - Throws: `unavailable` where it can't be opened; the message says why.
    public func openStore(
        on loops: any EventLoopGroup,
        as role: SQLiteStore.Role = .relay
    ) async throws(StoreError) -> any RelayStore {
        switch self.storage.backend {
        case .memory: MemoryStore(maxBytes: self.storage.memoryStoreMaxBytes)
        case .sqlite: try SQLiteStore(directory: self.storage.dataDirectory, as: role)
        case .valkey: try await self.valkey.open(on: loops, self.storage.durability)
        }
    }
}

extension RelayConfiguration {
    /// What holds the messages that are kept in memory only; nil where the store itself does.
    var transientStore: MemoryStore? {
        switch self.storage.backend {
        case .sqlite: MemoryStore(maxBytes: self.storage.transientMaxBytes)
        case .memory, .valkey: nil
        }
    }
}

extension RelayConfiguration.Valkey {
    fileprivate func open(
        on loops: any EventLoopGroup,
        _ durability: Durability
    ) async throws(StoreError) -> ValkeyStore {
        var client = ValkeyConfiguration(
            username: self.username,
            password: self.password.map { ValkeyPassword($0.value) },
            database: self.database,
            tls: self.usesTLS ? ValkeyTLS(certificateAuthorityPath: self.certificateAuthorityPath) : nil
        )
        client.clientName = "pulsar-relay"
        client.commandTimeout = TimeAmount(self.commandTimeout)
        return try await ValkeyStore.open(
            self.place,
            client,
            settings: ValkeyStore.Settings(
                prefix: self.prefix,
                durability: durability,
                replicas: self.replicas,
                replicaTimeout: self.replicaTimeout,
                syncTimeout: self.syncTimeout,
                advice: { [isCluster = !self.clusterNodes.isEmpty] in Self.advice($0, isCluster) }
            ),
            loops: Array(loops.makeIterator())
        )
    }

    /// Which keys to look at.
    private static func advice(_ trouble: ValkeyOpenTrouble, _ isCluster: Bool) -> String {
        let place = isCluster ? "valkey_cluster_nodes" : "valkey_host and valkey_port"
        return switch trouble {
        case .unreachable: "look whether it runs, and at \(place)"
        case .credentials: "look at valkey_username and valkey_password"
        case .database: "set valkey_db to one that it has, such as 0"
        case .authorities: "set valkey_ca_path to a PEM file that the relay may read"
        case .certificate:
            "set valkey_ca_path to the authority that signed it, and look whether it is for the host in \(place)"
        case .noTLS: "if that port speaks plain text, set valkey_use_tls to false"
        case .noPlainText: "if that port speaks TLS, set valkey_use_tls to true"
        }
    }

    private var place: ValkeyEndpoint {
        guard !self.clusterNodes.isEmpty else { return .server(ValkeyAddress(host: self.host, port: self.port)) }
        return .cluster(seeds: self.clusterNodes.map { ValkeyAddress(host: $0.host, port: $0.port) })
    }
}
