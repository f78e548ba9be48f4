/// What a NAT does, by the names of the older punching protocol, as a client has found by RFC 5780. A label orders what is tried and counts
/// what came of it. No try is left out because of one.
public enum NATClass: String, Hashable, Sendable, CaseIterable {
    /// There is no translation.
    case open
    /// One mapping for all destinations, and everybody may send to it.
    case fullCone = "full_cone"
    /// One mapping, open to the addresses that were sent to.
    case restrictedCone = "restricted_cone"
    /// One mapping, open to the addresses and ports that were sent to.
    case portRestrictedCone = "port_restricted_cone"
    /// Another mapping for each destination.
    case symmetric
    case unknown

    /// How hard it is to punch through, from 0 to 100.
    var difficulty: Int {
        switch self {
        case .open: 0
        case .fullCone: 20
        case .restrictedCone: 40
        case .portRestrictedCone: 70
        case .symmetric: 95
        case .unknown: 100
        }
    }
}

/// What two peers had better try first.
public enum PunchAdvice: String, Hashable, Sendable {
    case direct
    case simultaneousOpen = "simultaneous_open"
    case relay
    /// Nothing is known: try all.
    case adaptive

    public init(_ first: NATClass, _ second: NATClass) {
        guard first != .unknown, second != .unknown else {
            self = .adaptive
            return
        }
        let isHopeless = first == .symmetric && second == .symmetric
        if isHopeless || first.difficulty + second.difficulty > 150 {
            self = .relay
        } else if [first, second].contains(where: { $0 == .open || $0 == .fullCone }) {
            self = .direct
        } else {
            self = .simultaneousOpen
        }
    }
}
