public import NIOCore
public import RelayAccess
public import RelayCore
import RelayStorage
import RelayValkey

/// A store for everything: messages, topics, users and tokens.
public typealias RelayStore = AccessStore & StoreLifecycle & StreamStore

extension RelayConfiguration {
    /// Opens the configured store.
    ///
    /// - Parameter loops: the relay's own; the store must be closed before they end.
    /// - Throws: `unavailable` where it can't be opened; the message says why.
    public func openStore(on loops: any EventLoopGroup) async throws(StoreError) -> any RelayStore {
        switch self.storage.backend {
        case .memory: MemoryStore(maxBytes: self.storage.memoryStoreMaxBytes)
        case .sqlite: try SQLiteStore(directory: self.storage.dataDirectory)
        case .valkey: try await self.valkey.open(on: loops)
        }
    }
}

extension RelayConfiguration.Valkey {
    fileprivate func open(on loops: any EventLoopGroup) async throws(StoreError) -> ValkeyStore {
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
            settings: ValkeyStore.Settings(prefix: self.prefix, durability: self.storeDurability),
            loops: Array(loops.makeIterator())
        )
    }

    private var storeDurability: ValkeyStore.Settings.Durability {
        switch self.durability {
        case .stored: .stored
        case .replicated: .replicated(replicas: self.replicas, timeout: self.replicaTimeout)
        }
    }

    private var place: ValkeyEndpoint {
        guard !self.clusterNodes.isEmpty else { return .server(ValkeyAddress(host: self.host, port: self.port)) }
        return .cluster(seeds: self.clusterNodes.map { ValkeyAddress(host: $0.host, port: $0.port) })
    }
}
