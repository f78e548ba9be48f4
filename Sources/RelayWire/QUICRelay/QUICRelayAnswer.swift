public import NIOCore

/// What the relay says on the control stream of a QUIC connection.
public struct QUICRelayAnswer: Hashable, Sendable {
    /// The `id` of the request that it answers; nil for what no request of this client has led to.
    public let re: UInt64?
    public let content: Content

    public enum Content: Hashable, Sendable {
        case authOK(Welcome)
        /// - Parameters:
        ///   - nonce: to be signed, in base64url.
        ///   - expiresMilliseconds: since 1970, by the relay's clock.
        case challenge(nonce: String, expiresMilliseconds: Int64)
        case bound(Binding)
        case unbound(tunnel: UInt64, reason: String)
        case stats([Traffic])
        case echo(ByteBuffer)
        /// The relay stops: the connection ends in so many milliseconds.
        case goAway(deadlineMilliseconds: Int64)
        /// - Parameter message: plain English.
        case error(code: String, message: String, tunnel: UInt64?)
    }

    /// What a client that was let in has.
    public struct Welcome: Hashable, Sendable {
        /// 32 digits of hexadecimal.
        public var allocation: String
        public var session: String
        public var peer: String
        public var limits: [Limit]
        /// Since 1970.
        public var serverTimeMilliseconds: Int64

        public init(
            allocation: String,
            session: String,
            peer: String,
            limits: [Limit],
            serverTimeMilliseconds: Int64
        ) {
            self.allocation = allocation
            self.session = session
            self.peer = peer
            self.limits = limits
            self.serverTimeMilliseconds = serverTimeMilliseconds
        }
    }

    /// A bound by its name, such as `tunnels`.
    public struct Limit: Hashable, Sendable {
        public let name: String
        public let value: Int64

        public init(_ name: String, _ value: Int64) {
            self.name = name
            self.value = value
        }
    }

    /// A tunnel, as one of its two peers sees it.
    public struct Binding: Hashable, Sendable {
        /// What this peer's streams and datagrams begin with.
        public var tunnel: UInt64
        /// The other peer.
        public var peer: String
        public var kind: String
        /// The session's name for it.
        public var id: String

        public init(tunnel: UInt64, peer: String, kind: String, id: String) {
            self.tunnel = tunnel
            self.peer = peer
            self.kind = kind
            self.id = id
        }
    }

    /// What a tunnel has carried, as one of its two peers sees it. Bytes without heads.
    public struct Traffic: Hashable, Sendable {
        public var tunnel: UInt64
        public var peer: String
        /// From this peer to the other.
        public var sent: UInt64
        public var received: UInt64
        /// That are open.
        public var streams: UInt64
        /// Of either peer, that were dropped.
        public var droppedDatagrams: UInt64

        public init(
            tunnel: UInt64,
            peer: String,
            sent: UInt64,
            received: UInt64,
            streams: UInt64,
            droppedDatagrams: UInt64
        ) {
            self.tunnel = tunnel
            self.peer = peer
            self.sent = sent
            self.received = received
            self.streams = streams
            self.droppedDatagrams = droppedDatagrams
        }
    }

    public init(_ content: Content, re: UInt64? = nil) {
        self.content = content
        self.re = re
    }

    /// The whole message, with its length in front.
    public var framed: ByteBuffer {
        var body = QUICRelayMapWriter()
        self.write(into: &body)
        if let re = self.re { body.put("re", re) }
        var message = ByteBuffer()
        let map = body.map
        message.writeQUICVarint(UInt64(map.readableBytes))
        message.writeImmutableBuffer(map)
        return message
    }

    private func write(into body: inout QUICRelayMapWriter) {
        switch self.content {
        case .authOK(let welcome): Self.write(welcome, into: &body)
        case .challenge(let nonce, let expires):
            body.put("type", "challenge")
            body.put("nonce", nonce)
            body.put("expires_ms", expires)
        case .bound(let binding):
            body.put("type", "bound")
            body.put("tunnel", binding.tunnel)
            body.put("peer_id", binding.peer)
            body.put("kind", binding.kind)
            body.put("tunnel_id", binding.id)
        case .unbound(let tunnel, let reason):
            body.put("type", "unbound")
            body.put("tunnel", tunnel)
            body.put("reason", reason)
        case .stats(let tunnels):
            body.put("type", "stats")
            body.put("tunnels", tunnels.map(Self.map))
        case .echo(let data):
            body.put("type", "echo")
            body.put("data", binary: data)
        case .goAway(let deadline):
            body.put("type", "goaway")
            body.put("deadline_ms", deadline)
        case .error(let code, let message, let tunnel):
            body.put("type", "error")
            body.put("code", code)
            body.put("message", message)
            if let tunnel { body.put("tunnel", tunnel) }
        }
    }

    private static func write(_ welcome: Welcome, into body: inout QUICRelayMapWriter) {
        body.put("type", "auth_ok")
        body.put("alloc", welcome.allocation)
        body.put("session_id", welcome.session)
        body.put("peer_id", welcome.peer)
        var limits = QUICRelayMapWriter()
        for limit in welcome.limits { limits.put(limit.name, limit.value) }
        body.put("limits", limits)
        body.put("server_time_ms", welcome.serverTimeMilliseconds)
    }

    private static func map(_ traffic: Traffic) -> QUICRelayMapWriter {
        var map = QUICRelayMapWriter()
        map.put("tunnel", traffic.tunnel)
        map.put("peer_id", traffic.peer)
        map.put("sent", traffic.sent)
        map.put("received", traffic.received)
        map.put("streams", traffic.streams)
        map.put("dropped_datagrams", traffic.droppedDatagrams)
        return map
    }
}
