/// What a listener has done since it was bound.
public struct QUICCounts: Hashable, Sendable {
    /// Open now, with those whose handshake is not done.
    public var connections = 0
    /// Handshakes under way.
    public var handshakes = 0
    /// What is held for all connections, bytes: see ``QUICConnection/memory``; with their handshakes' TLS.
    public var memory = 0
    /// Handshakes that were done.
    public var accepted: UInt64 = 0
    /// Handshakes that were begun and not done.
    public var failed: UInt64 = 0
    /// Clients that were refused for a limit or a wrong token.
    public var refused: UInt64 = 0
    /// Clients that were asked to prove their addresses.
    public var retries: UInt64 = 0
    /// Peers that were told that their connections are not known.
    public var resets: UInt64 = 0
    /// Of UDP, whatever was in them.
    public var datagramsReceived: UInt64 = 0
    /// Of UDP, whether or not the system took them.
    public var datagramsSent: UInt64 = 0
    /// Of UDP, those that were of no connection and were passed over.
    public var datagramsDropped: UInt64 = 0

    public init() {}
}
