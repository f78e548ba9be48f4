/// Bounds of a document's awareness.
public struct AwarenessLimits: Hashable, Sendable {
    /// Bytes of JSON that a state may have. An entry with more is dropped. Default 50 000.
    public var maxStateBytes: Int
    /// Bytes that all who are present may take together. Entries beyond are dropped. Default 8 MiB.
    public var maxBytes: Int
    /// Client ids that a connection may own. Entries of more are dropped. Default 100.
    public var maxIDsPerConnection: Int
    /// Entries of an update that are looked at. Those behind them are dropped. Default 1000.
    public var maxEntriesPerUpdate: Int
    /// How far above the known one a clock may be; entries with a higher one are dropped. Else somebody could raise another's beyond what it
    /// can reach. Default 2^30.
    public var maxClockStep: UInt64
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
        maxBytes: Int = 8 << 20,
        maxIDsPerConnection: Int = 100,
        maxEntriesPerUpdate: Int = 1_000,
        maxClockStep: UInt64 = 1 << 30,
        maxEntriesPerSecond: Int = 50,
        maxKeptClocks: Int = 10_000,
        timeout: Duration = .seconds(30),
        settling: Duration = .seconds(60)
    ) {
        self.maxStateBytes = maxStateBytes
        self.maxBytes = maxBytes
        self.maxIDsPerConnection = maxIDsPerConnection
        self.maxEntriesPerUpdate = maxEntriesPerUpdate
        self.maxClockStep = maxClockStep
        self.maxEntriesPerSecond = maxEntriesPerSecond
        self.maxKeptClocks = maxKeptClocks
        self.timeout = timeout
        self.settling = settling
    }
}
