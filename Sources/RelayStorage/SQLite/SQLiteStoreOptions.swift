extension SQLiteStore {
    /// What ``SQLiteStore/init(directory:as:options:)`` takes. What SQLite itself is told is in `SQLiteStore+open`.
    public struct Options: Sendable {
        /// What may wait to be written, in bytes. Beyond it writes fail with `unavailable`.
        public var maxQueuedBytes = 64 << 20
        /// Connections that read; as many reads run at once.
        public var readers = 4
        /// How long another process's transaction is waited for.
        public var busyTimeoutSeconds = 5.0
        /// Page cache of each connection, in bytes.
        public var cacheBytes = 16 << 20

        /// All defaults.
        public init() {}
    }
}
