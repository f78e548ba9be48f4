/// Why a connection is over.
public enum QUICEnd: Hashable, Sendable {
    /// Who has ended it.
    public enum Side: Hashable, Sendable {
        case here
        case peer
    }

    /// Closed by an application, with a code of its own protocol.
    case application(code: UInt64, reason: String, by: Side)
    /// Closed for an error of the transport, see RFC 9000 section 20.1. Codes from 0x100 to 0x1FF hold an alert of TLS.
    case transport(code: UInt64, reason: String, by: Side)
    /// Nothing was heard of the peer for as long as both had agreed to wait.
    case idle
    /// The handshake was not done in time.
    case handshakeTimeout
    /// The peer has lost what it knew of the connection (RFC 9000 section 10.3).
    case reset
    /// The peer speaks no version that is spoken here.
    case noCommonVersion

    /// No protocol of the client's is spoken: the code of the alert `no_application_protocol`.
    public static let noApplicationProtocol: UInt64 = 0x178
    /// No connection is taken now (RFC 9000, CONNECTION_REFUSED).
    public static let refused: UInt64 = 0x02
}
