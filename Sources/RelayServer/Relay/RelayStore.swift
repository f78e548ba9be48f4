public import RelayAccess
public import RelayCore
import RelayStorage

/// A store for everything: messages, topics, users and tokens.
public typealias RelayStore = AccessStore & StoreLifecycle & StreamStore

extension RelayConfiguration.Storage {
    /// Opens the configured store. Blocks while it does.
    ///
    /// - Throws: `unavailable` where it can't be opened; the message says why.
    public func open() throws(StoreError) -> any RelayStore {
        switch self.backend {
        case .memory: MemoryStore(maxBytes: self.memoryStoreMaxBytes)
        case .sqlite: try SQLiteStore(directory: self.dataDirectory)
        case .valkey: throw StoreError(.unavailable, "this build has no valkey store; use sqlite or memory")
        }
    }
}
