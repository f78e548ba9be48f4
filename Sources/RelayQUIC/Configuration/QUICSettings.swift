public import NIOCore

/// What a connection offers its peer, and how long it waits. The same for all connections of a listener.
public struct QUICSettings: Hashable, Sendable {
    /// The names in ALPN that are spoken, the preferred first; each of 1 to 255 bytes. A client that offers none of them is refused
    /// (RFC 9001 section 8.1).
    public var applicationProtocols: [String]
    /// Nothing heard of the peer for so long ends a connection. The shorter of both sides' counts. More than 0.
    public var idleTimeout = TimeAmount.seconds(30)
    /// After so much silence the peer is asked whether it is there; nil: never.
    public var keepAlive: TimeAmount? = .seconds(10)
    /// For which a handshake may take. More than 0.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// What a peer may send on one stream before more is granted, bytes.
    public var streamWindow = 256 << 10
    /// What a peer may send on all streams together before more is granted, bytes.
    public var connectionWindow = 1 << 20
    /// Streams in both directions that a peer may have open at once.
    public var bidirectionalStreams = 256
    /// Streams in one direction that a peer may have open at once.
    public var unidirectionalStreams = 3
    /// The longest DATAGRAM frame that is taken, bytes; 0: none are.
    public var datagramFrame = 65_535
    /// Datagrams that may wait to be sent, bytes, each counting 64 more than it has. What comes beyond is dropped.
    public var datagramQueue = 64 << 10

    public init(applicationProtocols: [String]) {
        self.applicationProtocols = applicationProtocols
    }
}
