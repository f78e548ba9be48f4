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
