import NIOCore

/// What an Engine.IO session begins with: the payload of its `open` packet.
public struct EngineHandshake: Hashable, Sendable {
    /// Names the session in later requests. No character of it needs an escape.
    public let sid: String
    /// Whether the client may change to a WebSocket.
    public let mayUpgrade: Bool
    /// Between two pings of the server, milliseconds.
    public let pingInterval: Int64
    /// Within which a ping is answered, milliseconds.
    public let pingTimeout: Int64
    /// The largest body or message that a client may send, bytes.
    public let maxPayload: Int

    public init(sid: String, mayUpgrade: Bool, pingInterval: Int64, pingTimeout: Int64, maxPayload: Int) {
        self.sid = sid
        self.mayUpgrade = mayUpgrade
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
        self.maxPayload = maxPayload
    }

    public var packet: EnginePacket {
        var json = ByteBuffer(string: "{\"sid\":")
        json.writeJSONString(self.sid)
        json.writeString(",\"upgrades\":[\(self.mayUpgrade ? "\"websocket\"" : "")]")
        json.writeString(",\"pingInterval\":\(self.pingInterval),\"pingTimeout\":\(self.pingTimeout)")
        json.writeString(",\"maxPayload\":\(self.maxPayload)}")
        return EnginePacket(.open, json)
    }
}
