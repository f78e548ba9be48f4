import RelayTunnels
import RelayWire

extension QUICRelayFailure {
    init(_ refusal: AllocationRefusal) {
        switch refusal {
        case .unauthenticated, .alreadyAuthenticated: self = .unauthenticated
        case .tunnelExists, .tunnelUnknown: self = .tunnelUnknown
        case .tooManyTunnels, .tooManyStreams: self = .tooMany
        case .goingAway: self = .goingAway
        case .unidirectional: self = .unidirectional
        }
    }
}

extension AllocationRefusal {
    /// For clients.
    var text: String {
        switch self {
        case .unauthenticated: "Say first who you are"
        case .alreadyAuthenticated: "You have said who you are"
        case .tunnelExists: "The number is another tunnel's"
        case .tunnelUnknown: "No tunnel has the number"
        case .tooManyTunnels: "A connection has as many tunnels as it may have"
        case .tooManyStreams: "A connection has as many streams as it may have"
        case .goingAway: "The connection ends soon"
        case .unidirectional: "Streams in one direction carry nothing here"
        }
    }
}
