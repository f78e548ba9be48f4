import NIOCore
public import RelayCore

extension ValkeyStore {
    /// How the store uses its servers.
    public struct Settings: Sendable {
        /// What every key and channel begins with; no braces. Relays of one prefix are one relay. `pulsar:` unless told.
        public var prefix: String
        /// How long opening waits for a first connection. 5 s unless told.
        public var openTimeout: Duration
        /// How long a listener waits for the server to confirm it. 3 s unless told.
        public var listenTimeout: Duration
        /// How often the store asks whether it was told of all changes, at most. 2 s unless told.
        public var changePollInterval: Duration
        /// Batches of more bytes are announced without their messages, which are then read. 256 KiB unless told.
        public var maxAnnouncedBytes: Int
        /// What to do about a failure to open, for whoever runs the relay: goes into the error's message. Nothing unless told.
        public var advice: @Sendable (ValkeyOpenTrouble) -> String?
        /// When an append is done that asks for nothing in particular; other changes are when the server has them. `stored` unless
        /// told: whether that survives the server is its own affair (`appendfsync`). `memory` is as `stored`.
        public var durability: Durability
        /// With `replicated`: so many must have it as well. 1 unless told.
        public var replicas: Int
        /// How long to wait for them; then the outcome is unknown. 1 s unless told.
        public var replicaTimeout: Duration
        /// How long to wait for the disk, with `synced`; then the outcome is unknown. 3 s unless told.
        public var syncTimeout: Duration

        public init(
            prefix: String = "pulsar:",
            openTimeout: Duration = .seconds(5),
            listenTimeout: Duration = .seconds(3),
            changePollInterval: Duration = .seconds(2),
            maxAnnouncedBytes: Int = 256 << 10,
            durability: Durability = .stored,
            replicas: Int = 1,
            replicaTimeout: Duration = .seconds(1),
            syncTimeout: Duration = .seconds(3),
            advice: @escaping @Sendable (ValkeyOpenTrouble) -> String? = { _ in nil }
        ) {
            self.prefix = prefix
            self.openTimeout = openTimeout
            self.listenTimeout = listenTimeout
            self.changePollInterval = changePollInterval
            self.maxAnnouncedBytes = maxAnnouncedBytes
            self.durability = durability
            self.replicas = replicas
            self.replicaTimeout = replicaTimeout
            self.syncTimeout = syncTimeout
            self.advice = advice
        }
    }
}
