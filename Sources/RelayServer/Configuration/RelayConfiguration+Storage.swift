public import RelayCore

extension RelayConfiguration {
    /// Where messages, topics and users are kept, and for how long.
    public struct Storage: Hashable, Sendable {
        /// Default `sqlite`.
        public var backend = StorageBackend.sqlite
        /// When a publish to a topic without a setting of its own is answered. Default `stored`, for which `sqlite` syncs.
        public var durability = Durability.stored
        /// The directory of everything that the relay writes, relative to the working directory. Default `./data`.
        public var dataDirectory = "./data"
        /// What the memory store may hold, in bytes as ``Message/memoryCost`` counts; beyond it the oldest messages go. Default 512 MiB.
        public var memoryStoreMaxBytes = 512 << 20
        /// Messages older than this go, but never the newest one of a topic. Zero keeps them. Default 24 hours.
        public var persistentTierRetention = Duration.seconds(86_400)
        /// Messages kept of each topic, at least 1. Default 1,000,000.
        public var maxMessagesPerTopic = 1_000_000
        /// How long the answer to an `Idempotency-Key` is remembered, from its first use. Default 600 s.
        public var idempotencyWindow = Duration.seconds(600)

        public init() {}

        /// The same as the broker takes it: nil for what the store does of itself.
        public var brokerDurability: Durability? {
            switch self.backend {
            case .memory: nil
            case .sqlite: self.durability == .memory ? .memory : nil
            case .valkey: self.durability
            }
        }

        /// The two bounds in the form that stores take them.
        public var retention: Retention {
            let seconds = self.persistentTierRetention.components.seconds
            return Retention(maxMessages: self.maxMessagesPerTopic, maxAgeSeconds: seconds == 0 ? nil : seconds)
        }
    }

    /// Which store is opened.
    public enum StorageBackend: String, Hashable, Sendable, CaseIterable {
        /// Everything goes with the process.
        case memory
        /// Embedded, one file in the data directory.
        case sqlite
        /// A server that several relays share.
        case valkey
    }

    /// The newest messages of the topics in use, kept in memory for readers that are nearly caught up. Whatever does not
    /// fit is read from the store instead: these bounds trade memory for speed and lose nothing.
    public struct HotTier: Hashable, Sendable {
        /// Default 1,000 messages. 0 keeps none.
        public var maxMessagesPerTopic = 1_000
        /// Bytes as ``Message/memoryCost`` counts, default 4 MiB.
        public var maxBytesPerTopic = 4 << 20
        /// Bytes of all topics together, default 256 MiB.
        public var maxBytes = 256 << 20

        public init() {}
    }
}
