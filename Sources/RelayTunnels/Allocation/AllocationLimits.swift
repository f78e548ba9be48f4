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

/// Why a client does not get what it asks for.
public enum AllocationRefusal: String, Error, Hashable, Sendable, CaseIterable {
    /// It has not said who it is.
    case unauthenticated
    /// It has said so before, or is being asked.
    case alreadyAuthenticated = "already_authenticated"
    /// The number is another tunnel's.
    case tunnelExists = "tunnel_exists"
    /// No tunnel has the number.
    case tunnelUnknown = "tunnel_unknown"
    case tooManyTunnels = "too_many_tunnels"
    case tooManyStreams = "too_many_streams"
    /// The connection ends soon.
    case goingAway = "going_away"
    /// Unidirectional streams carry nothing.
    case unidirectional
}
