/// What can't be done with QUIC.
public enum QUICProblem: Error, Hashable, Sendable {
    /// This build has no QUIC, and why.
    case notBuiltIn(String)
    /// A certificate or its key can't be read, or they don't belong together.
    case certificate(String)
    /// The peer allows no further stream now; ``QUICConnectionHandler/connectionMayOpenStreams(_:)`` tells when it does.
    case noStreamLeft
    /// The connection is over, or its handshake is not done.
    case notConnected
    /// An address that can't be had, with what the system says.
    case address(String)
}
