public import NIOCore

/// What one connection of HTTP/3 may ask of a server.
public struct HTTP3Limits: Hashable, Sendable {
    /// Of a request's head, as RFC 9114 section 4.2.2 counts it, bytes. The peer is told.
    public var maxHeadBytes = 128 << 10
    /// For which a stream may take until it has said what it is: a request's head, a stream's kind.
    public var headPatience = TimeAmount.seconds(10)
    /// Streams of WebTransport that may wait for their session.
    public var earlyStreams = 16
    /// For which they may.
    public var earlyPatience = TimeAmount.seconds(5)

    public init() {}
}
