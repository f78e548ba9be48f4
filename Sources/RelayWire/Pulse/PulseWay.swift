/// How a client wants a channel's messages, in a session of WebTransport. Elsewhere there is but one way.
public struct PulseWay: Hashable, Sendable {
    /// On a stream of their own, in one direction: so no other channel's messages hold them up.
    public var hasStream: Bool
    /// As datagrams, which may be lost, where they are small enough.
    public var hasDatagrams: Bool

    /// The default: between the connection's other frames.
    public init(hasStream: Bool = false, hasDatagrams: Bool = false) {
        self.hasStream = hasStream
        self.hasDatagrams = hasDatagrams
    }

    /// Whether it needs a session of WebTransport.
    public var needsSession: Bool { self.hasStream || self.hasDatagrams }
}
