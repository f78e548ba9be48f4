/// Which way two peers take to each other.
public enum PathMode: String, Hashable, Sendable, CaseIterable {
    case directUDP = "direct_udp"
    case directTCP = "direct_tcp"
    case quicRelay = "quic_relay"
    /// By a relayed port (RFC 8656).
    case turn
    /// A WebSocket of nothing but bytes.
    case tunnel
    /// Frames on the signaling socket.
    case binaryProxy = "binary_proxy"
    /// Messages of JSON.
    case json

    /// Whether the relay carries the bytes, and so knows how many there are.
    public var isRelayed: Bool {
        switch self {
        case .directUDP, .directTCP: false
        case .quicRelay, .turn, .tunnel, .binaryProxy, .json: true
        }
    }
}

/// Why two peers take another way.
public enum PathReason: String, Hashable, Sendable, CaseIterable {
    /// A way was punched through NATs.
    case punched
    case upgrade
    case downgrade
    /// The way that they had is gone.
    case lost
    /// The relay carries bytes between them.
    case opened
    case closed
    case networkChange = "network_change"
    /// Somebody has chosen it.
    case forced
    /// A reason that has no name here, or none was said.
    case other
}
