import NIOCore
import NIOWebSocket

/// Whose connection an end of a tunnel is, and which way its bytes go. A tunnel's ends meet at one relay. A peer that comes to another relay
/// gets there by a connection between the two.
enum TunnelWay: Sendable {
    /// A peer's, at the relay where the ends meet.
    case direct
    /// A peer's, at another relay: its other end is `.toMeetingPlace`.
    case outward
    /// This relay's own, to the one where the ends meet. It is the client.
    case toMeetingPlace
    /// Another relay's, at the one where the ends meet: it stands for a peer.
    case fromRelay

    /// Whether a peer is at the socket, so that its bytes are counted here, once for all relays.
    var isPeers: Bool {
        switch self {
        case .direct, .outward: true
        case .toMeetingPlace, .fromRelay: false
        }
    }

    var isAtMeetingPlace: Bool {
        switch self {
        case .direct, .fromRelay: true
        case .outward, .toMeetingPlace: false
        }
    }

    /// This relay's, at the end's own socket.
    var role: WebSocketRole {
        switch self {
        case .toMeetingPlace: .client
        case .direct, .outward, .fromRelay: .server
        }
    }

    /// This relay's, at the other end's socket.
    var roleAtOtherEnd: WebSocketRole {
        switch self {
        case .outward: .client
        case .direct, .toMeetingPlace, .fromRelay: .server
        }
    }

    /// How long it waits for the other end, where that is not as configured: a peer for which a connection was opened follows at once, or
    /// has left.
    var patience: TimeAmount? {
        switch self {
        case .toMeetingPlace: .seconds(5)
        case .direct, .outward, .fromRelay: nil
        }
    }
}

/// How an end of a tunnel closes, as the other end is told.
struct TunnelEnding: Sendable {
    /// Of a WebSocket's close frame.
    let code: UInt16

    static let clean = TunnelEnding(code: 1000)
    static let lost = TunnelEnding(code: 1001)

    var text: String {
        switch self.code {
        case 1000: ""
        case 1013: "The other end did not come"
        case 4010: "Replaced by a newer connection"
        default: "The other end is gone"
        }
    }
}

extension PeerWatch.Ending {
    /// As an end's socket says it.
    var closeCode: WebSocketErrorCode {
        switch self {
        case .done: .normalClosure
        case .unauthenticated: .unknown(4001)
        case .noPeer: .unknown(4003)
        case .sessionOver: .unknown(4004)
        case .failed: .unexpectedServerError
        }
    }
}
