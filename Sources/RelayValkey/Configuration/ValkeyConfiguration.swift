public import NIOCore

/// What all connections to a server have in common.
public struct ValkeyConfiguration: Sendable {
    /// An ACL user. Nil means `default`.
    public var username: String?
    /// Nil means that the server asks for none.
    public var password: ValkeyPassword?
    /// The database's number. A cluster has 0 only.
    public var database: Int
    /// Nil means plain TCP.
    public var tls: ValkeyTLS?
    /// Shown by `CLIENT LIST`; no blanks. Nil means none. A server that refuses it is used without.
    public var clientName: String?
    /// For TCP, TLS, AUTH and SELECT together. 3 s unless told.
    public var connectTimeout: TimeAmount
    /// The deadline of a command that brings none of its own. 5 s unless told.
    public var commandTimeout: TimeAmount
    /// How often deadlines are looked at, and so how late a command may fail. 100 ms unless told.
    public var tickInterval: TimeAmount
    /// A connection on which nothing has come for so long is asked for a PING. 1 s unless told.
    public var pingInterval: TimeAmount
    /// A server is unresponsive when a reply has been outstanding for longer. 800 ms unless told: commands that block for longer
    /// (`BLPOP`, a long `WAIT`) need a node of their own.
    public var unresponsiveAfter: TimeAmount
    /// A subscriber's connection is given up when a PING has had no answer for so long. 3 s unless told.
    public var subscriberPatience: TimeAmount
    /// How long to wait between two tries to connect.
    public var backoff: ReconnectBackoff.Limits
    /// Commands outstanding on one connection, those not sent yet included. 100,000 unless told.
    public var maxOutstandingCommands: Int
    /// The bytes of those commands. 64 MiB unless told. One command of more than that is still sent when nothing is outstanding.
    public var maxOutstandingBytes: Int
    /// What one reply may hold; more of it closes the connection.
    public var replyLimits: ReplyLimits
    /// A number from 0 to 1 for each back-off's jitter; called on event loops. The system's unless told.
    public var random: @Sendable () -> Double

    public init(username: String? = nil, password: ValkeyPassword? = nil, database: Int = 0, tls: ValkeyTLS? = nil) {
        self.username = username
        self.password = password
        self.database = database
        self.tls = tls
        self.clientName = nil
        self.connectTimeout = .seconds(3)
        self.commandTimeout = .seconds(5)
        self.tickInterval = .milliseconds(100)
        self.pingInterval = .seconds(1)
        self.unresponsiveAfter = .milliseconds(800)
        self.subscriberPatience = .seconds(3)
        self.backoff = ReconnectBackoff.Limits()
        self.maxOutstandingCommands = 100_000
        self.maxOutstandingBytes = 64 << 20
        self.replyLimits = ReplyLimits()
        self.random = { Double.random(in: 0...1) }
    }
}

extension ValkeyConfiguration {
    func withDatabase(_ database: Int) -> ValkeyConfiguration {
        var copy = self
        copy.database = database
        return copy
    }
}
