public import NIOCore

/// What one QUIC connection to the relay may have.
public struct AllocationLimits: Hashable, Sendable {
    /// Tunnels that are bound, or about to be. Default 64.
    public var tunnels: Int
    /// Streams that carry something, in both directions of opening together. Default 256.
    public var streams: Int
    /// For which a client may take to say who it is. Default 5 s.
    public var patience: TimeAmount

    public init(tunnels: Int = 64, streams: Int = 256, patience: TimeAmount = .seconds(5)) {
        self.tunnels = tunnels
        self.streams = streams
        self.patience = patience
    }
}
