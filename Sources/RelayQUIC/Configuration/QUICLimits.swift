/// What a listener takes from all clients together.
public struct QUICLimits: Hashable, Sendable {
    /// Connections open at once. Further ones are refused (CONNECTION_REFUSED).
    public var connections = 10_000
    /// Connections open at once from one address, an IPv6 address counting by its first 64 bits. Only an address that has proved that it
    /// receives what is sent there can be refused for it.
    public var connectionsPerAddress = 256
    /// Handshakes under way at once. Further ones are refused.
    public var handshakes = 1_024
    /// The same from one address, see ``connectionsPerAddress``.
    public var handshakesPerAddress = 32
    /// Handshakes that one address may begin a second; twice as many at once.
    public var handshakesPerAddressPerSecond = 50
    /// With so many handshakes under way, every new client has to prove its address first (Retry, RFC 9000 section 8.1.2), save those that were
    /// here within the last hour and kept the token for it.
    public var handshakesBeforeRetry = 64
    /// With so many handshakes under way from one address that has not proved to be there, the next from it has to.
    public var handshakesPerAddressBeforeRetry = 8
    /// Answers to first packets that open no connection, a second, divided among the sockets: retries, refusals and offers of versions. Each is
    /// a tenth of its question, and they are the defence against floods.
    public var firstAnswersPerSecond = 20_000
    /// Answers to small packets that belong to no connection, a second, divided among the sockets: stateless resets and farewells.
    public var strayAnswersPerSecond = 1_000

    public init() {}
}
