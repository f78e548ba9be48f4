public import RelayDocuments

/// What documents are held to.
public struct DocumentSettings: Hashable, Sendable {
    /// Documents in memory at once, on one relay. At least 1.
    public var maxLoaded = 1_000
    /// Connections to one document, on one relay. At least 1.
    public var maxConnections = 100
    /// Of these, one user's, or one address's where people come without a token. At least 1.
    public var maxConnectionsPerUser = 50
    /// Of one document, bytes: its snapshot and the updates since. Beyond it updates are refused that add anything; deletions are taken.
    public var maxBytes = 64 << 20
    /// How long a document stays in memory that nobody is connected to.
    public var idle = Duration.seconds(30)
    /// How long what compaction replaces is kept, seconds; 0 not at all.
    public var historySeconds: Int64 = 7 * 86_400
    /// Updates since the last snapshot at which there is another one.
    public var compactionUpdates = 1_000
    /// Bytes of updates since the last snapshot at which there is another one, where the snapshot itself is no larger.
    public var compactionBytes = 64 << 10
    /// Whether somebody is told of updates that are stored here: see ``HeardMessages``.
    public var areUpdatesHeard = false
    public var awareness = AwarenessLimits()

    public init() {}
}
