/// Everything that the relay can be told before it starts. A plain value: checked by ``ConfigurationLoader``, then fixed
/// for the life of the process.
///
/// Each property of a group is declared as a ``Setting``, with its name in files, its range and its default.
public struct RelayConfiguration: Hashable, Sendable {
    public var server = Server()
    public var tls = TLS()
    public var storage = Storage()
    public var valkey = Valkey()
    public var hotTier = HotTier()
    public var memory = Memory()
    public var quotas = Quotas()
    public var access = Access()
    public var signIn = SignIn()
    public var rateLimits = RateLimits()
    public var sessions = Sessions()
    public var signaling = Signaling()
    public var tunnels = Tunnels()
    public var documents = Documents()
    public var webhooks = Webhooks()
    public var webSocket = WebSocket()
    public var presence = Presence()
    public var pulse = Pulse()
    public var poll = Poll()
    public var peerPort = PeerPort()
    public var turn = TURN()
    public var quic = QUIC()
    public var logging = Logging()
    public var metrics = Metrics()
    public var audit = Audit()
    public var telemetry = Telemetry()

    /// The defaults.
    public init() {}
}
