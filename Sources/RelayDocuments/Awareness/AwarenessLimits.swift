/// Bounds of a document's awareness.
public struct AwarenessLimits: Hashable, Sendable {
    /// Bytes of JSON that a state may have. An entry with more is dropped. Default 50 000.
    public var maxStateBytes: Int
    /// Client ids that a connection may own. Entries of more are dropped. Default 100.
    public var maxIDsPerConnection: Int
    /// Entries of a connection that are told to others at once in a second. Of more, the newest of each client is told when the second
    /// has passed. Default 50.
    public var maxEntriesPerSecond: Int
    /// Clients that are gone whose clocks are kept. The oldest make room. Default 10 000.
    public var maxKeptClocks: Int
    /// An entry that was not renewed for so long is removed. Default 30 s.
    public var timeout: Duration
    /// For so long after the document was loaded, clients that are met for the first time are asked to raise their clock. Default 60 s.
    public var settling: Duration

    public init(
        maxStateBytes: Int = 50_000,
        maxIDsPerConnection: Int = 100,
        maxEntriesPerSecond: Int = 50,
        maxKeptClocks: Int = 10_000,
        timeout: Duration = .seconds(30),
        settling: Duration = .seconds(60)
    ) {
        self.maxStateBytes = maxStateBytes
        self.maxIDsPerConnection = maxIDsPerConnection
        self.maxEntriesPerSecond = maxEntriesPerSecond
        self.maxKeptClocks = maxKeptClocks
        self.timeout = timeout
        self.settling = settling
    }
}
