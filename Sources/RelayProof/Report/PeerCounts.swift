/// What the peers of a run's session did.
public struct PeerCounts: Sendable, Hashable {
    /// Times that the relay let one in.
    public internal(set) var joins = 0
    /// Acknowledged.
    public internal(set) var leaves = 0
    /// Times that one gave no sign of life any more until the relay had told that it was gone.
    public internal(set) var losses = 0
    /// Of these, those that began with a connection that broke, as by the death of a relay.
    public internal(set) var lossesByBreak = 0
    /// Signaling sockets that were joined.
    public internal(set) var signalingSockets = 0

    public init() {}
}
