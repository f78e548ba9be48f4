/// The application errors by which the relay ends streams and connections (RFC 9000, section 20.2).
///
/// All lie from 0x7000 on. Codes below and above are peers' own: a reset of one peer's stream reaches the other with its code.
public enum QUICRelayFailure: UInt64, Hashable, Sendable, CaseIterable {
    /// The connection has done what it was for.
    case done = 0x7000
    /// Who has not said who it is may open nothing but the control stream.
    case unauthenticated = 0x7001
    /// No good `auth` came in time.
    case authenticationTimeout = 0x7002
    /// The control stream holds what is no message, or has ended.
    case badMessage = 0x7003
    /// Unidirectional streams carry nothing here.
    case unidirectional = 0x7004
    /// A stream begins with a number to which no tunnel is bound.
    case tunnelUnknown = 0x7005
    /// There are as many streams as there may be, here or at the other peer.
    case tooMany = 0x7006
    /// The tunnel was unbound, or the other peer is gone.
    case unbound = 0x7007
    /// The ticket, its session or the peer's part in it is no more.
    case accessLost = 0x7008
    /// The same peer has a newer connection.
    case replaced = 0x7009
    /// The relay stops.
    case goingAway = 0x700A
    /// The relay has no memory for it now.
    case overloaded = 0x700B
    /// What the relay should have done failed.
    case failed = 0x700C
    /// The other peer takes no more of the stream.
    case stopped = 0x700D

    /// As an `error` message and the reason of a connection's end say it.
    public var text: String {
        switch self {
        case .done: "done"
        case .unauthenticated: "unauthenticated"
        case .authenticationTimeout: "auth_timeout"
        case .badMessage: "bad_message"
        case .unidirectional: "unidirectional"
        case .tunnelUnknown: "tunnel_unknown"
        case .tooMany: "too_many"
        case .unbound: "unbound"
        case .accessLost: "access_lost"
        case .replaced: "replaced"
        case .goingAway: "going_away"
        case .overloaded: "overloaded"
        case .failed: "failed"
        case .stopped: "stopped"
        }
    }
}
