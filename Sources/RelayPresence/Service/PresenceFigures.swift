/// What presence does on this relay, for metrics. Counts are since its start.
public struct PresenceFigures: Hashable, Sendable {
    /// Members of this relay now, each on one topic. Those that have left and whose leave is still to be written count too.
    public var members = 0
    /// Topics with members of this relay now.
    public var topics = 0
    /// Bytes that its members are charged with now.
    public var bytes = 0
    /// What was written: joins, updates and leaves.
    public var writes = 0
    /// Changes that were not written because a later one came first.
    public var coalesced = 0
    /// Writes of one or many that failed, and were done again.
    public var failedWrites = 0
    /// Handed to watchers: all who are there.
    public var syncs = 0
    /// Handed to watchers: what has changed.
    public var handouts = 0
    /// Members of other relays that were taken off because their relay was gone.
    public var expired = 0

    public init() {}
}
