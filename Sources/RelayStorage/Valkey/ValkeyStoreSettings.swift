import NIOCore

extension ValkeyStore {
    /// How the store uses its servers.
    public struct Settings: Sendable {
        /// When an append counts as done.
        public enum Durability: Hashable, Sendable {
            /// The server has it. Whether that survives the server is its own affair (`appendfsync`).
            case stored
            /// So many replicas have it as well. Where they don't say so within the timeout, the outcome is unknown.
            case replicated(replicas: Int, timeout: Duration)
        }

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
        /// Of appends; other changes are done when the server has them. `stored` unless told.
        public var durability: Durability

        public init(
            prefix: String = "pulsar:",
            openTimeout: Duration = .seconds(5),
            listenTimeout: Duration = .seconds(3),
            changePollInterval: Duration = .seconds(2),
            maxAnnouncedBytes: Int = 256 << 10,
            durability: Durability = .stored,
            advice: @escaping @Sendable (ValkeyOpenTrouble) -> String? = { _ in nil }
        ) {
            self.prefix = prefix
            self.openTimeout = openTimeout
            self.listenTimeout = listenTimeout
            self.changePollInterval = changePollInterval
            self.maxAnnouncedBytes = maxAnnouncedBytes
            self.durability = durability
            self.advice = advice
        }
    }
}
