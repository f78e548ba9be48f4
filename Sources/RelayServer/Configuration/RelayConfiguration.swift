/// Everything that the relay can be told before it starts. A plain value: checked by ``ConfigurationLoader``, then fixed
/// for the life of the process.
///
/// Every property has its default here; `ConfigurationKey.all` is the table of their names, units and ranges.
public struct RelayConfiguration: Hashable, Sendable {
    public var server = Server()
    public var storage = Storage()
    public var valkey = Valkey()
    public var hotTier = HotTier()
    public var memory = Memory()
    public var access = Access()
    public var rateLimits = RateLimits()
    public var webSocket = WebSocket()
    public var poll = Poll()
    public var logging = Logging()
    public var metrics = Metrics()

    /// The defaults.
    public init() {}
}
