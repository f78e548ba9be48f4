public import NIOCore

/// How a cluster is kept in view.
public struct ClusterSettings: Sendable {
    /// The slot map is asked for at least so often, give or take a quarter. 15 s unless told.
    public var refreshInterval: TimeAmount
    /// And at most so often, however many redirects come. 100 ms unless told.
    public var shortestRefreshInterval: TimeAmount
    /// Commands that wait for their slot to be served. More than so many fail at once. 10,000 unless told.
    public var maxWaitingCommands: Int

    public init(
        refreshInterval: TimeAmount = .seconds(15),
        shortestRefreshInterval: TimeAmount = .milliseconds(100),
        maxWaitingCommands: Int = 10_000
    ) {
        self.refreshInterval = refreshInterval
        self.shortestRefreshInterval = shortestRefreshInterval
        self.maxWaitingCommands = maxWaitingCommands
    }
}
