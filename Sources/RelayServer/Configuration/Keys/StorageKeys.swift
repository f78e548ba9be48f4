public import RelayCore
import RelayStorage

extension RelayConfiguration {
    /// Where messages, topics and users are kept, and for how long.
    public struct Storage: Hashable, Sendable {
        @Setting(
            "storage_backend",
            .choice,
            "sqlite keeps everything in data_dir, memory nothing beyond the process, valkey all on a server that relays share."
        )
        public var backend = StorageBackend.sqlite

        /// When a publish to a topic without a setting of its own is answered.
        @Setting(
            "storage_durability",
            .choice,
            "When a publish is answered: at once, or when valkey, its replicas or its disk have it. On sqlite stored is synced."
        )
        public var durability = Durability.stored

        /// Relative to the working directory.
        @Setting(
            "data_dir",
            .text(length: 1...4_096),
            "Directory of everything that the relay writes."
        )
        public var dataDirectory = "./data"

        /// Counted as ``Message/memoryCost`` does.
        @Setting(
            "memory_store_max_bytes",
            .bytes((1 << 20)...(1 << 50)),
            "Bytes that the memory store may hold: of each message its content and 256 more. Beyond it the oldest go."
        )
        public var memoryStoreMaxBytes = MemoryStore.defaultMaxBytes

        /// Of kinds of topic whose messages are kept in memory only, on a store of this relay alone. Counted as ``memoryStoreMaxBytes`` is.
        @Setting(
            "transient_max_bytes",
            .bytes((1 << 20)...(1 << 50)),
            "Bytes that messages may take that sqlite does not keep, such as the signals of sessions. Beyond it the oldest go."
        )
        public var transientMaxBytes = 64 << 20

        @Setting(
            "persistent_tier_retention",
            .seconds(.zero ... .seconds(36_500 * 86_400)),
            "Seconds for which messages are kept; the newest of a topic always stays. 0: for ever.",
            reloads: true
        )
        public var persistentTierRetention = Duration.seconds(Retention().maxAgeSeconds ?? 0)

        @Setting(
            "max_messages_per_topic",
            .integer(1...1_000_000_000),
            "Messages kept of each topic; the oldest go first.",
            reloads: true
        )
        public var maxMessagesPerTopic = Retention().maxMessages

        /// From the first use of the key.
        @Setting(
            "idempotency_window_seconds",
            .seconds(.seconds(1) ... .seconds(86_400)),
            "Seconds for which a publish repeated with the same Idempotency-Key gets the first answer.",
            reloads: true
        )
        public var idempotencyWindow = Duration.seconds(BrokerLimits().idempotencyWindowSeconds)

        static let keys = ConfigurationKey.keys(
            "storage",
            prefixes: ["storage_"],
            at: \.storage,
            \.$backend,
            \.$durability,
            \.$dataDirectory,
            \.$memoryStoreMaxBytes,
            \.$transientMaxBytes,
            \.$persistentTierRetention,
            \.$maxMessagesPerTopic,
            \.$idempotencyWindow
        )

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
        @Setting(
            "hot_tier_max_messages_per_topic",
            .integer(0...10_000_000),
            "Newest messages of each topic in use that are held in memory; the rest is read from the store.",
            reloads: true
        )
        public var maxMessagesPerTopic = BrokerLimits().hotMessagesPerTopic

        @Setting(
            "hot_tier_max_bytes_per_topic",
            .bytes(0...(1 << 40)),
            "Bytes of each topic that are held in memory: of each message its content and 256 more.",
            reloads: true
        )
        public var maxBytesPerTopic = BrokerLimits().hotBytesPerTopic

        @Setting(
            "hot_tier_max_bytes",
            .bytes(0...(1 << 50)),
            "Bytes of all topics together that are held in memory."
        )
        public var maxBytes = MemoryLimits()[.hotTier]

        static let keys = ConfigurationKey.keys(
            "hot_tier",
            prefixes: ["hot_tier_"],
            at: \.hotTier,
            \.$maxMessagesPerTopic,
            \.$maxBytesPerTopic,
            \.$maxBytes
        )

        public init() {}
    }
}
