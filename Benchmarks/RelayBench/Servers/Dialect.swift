import NIOCore

/// How a server wants to be asked. Apart from the routes all requests are the same, headers included.
struct Dialect: Sendable {
    var publishPath: String
    /// Publishes to the WebSocket subscribers.
    var fanOutPath: String
    var bulkPath: String
    var socketPath: String
    var pollMethod: String
    var pollPath: String
    /// What a WebSocket client sends once it is connected; nil where connecting is subscribing.
    var subscribeFrame: ByteBuffer?
    /// Bearer token of every request; a server without access control gets one as long, for the same bytes to read.
    var token: String
    /// What the requests are about.
    var topic = Payload.topic
    /// Whether its WebSockets are of Pulse's clients: see ``pulse``.
    private(set) var speaksPulse = false
    /// In front of a document's name, where clients of y-websocket connect.
    var documentsPath = "/"

    /// The same server, with the WebSocket of a document.
    func document(_ name: String) -> Dialect {
        var dialect = self
        dialect.socketPath = self.documentsPath + name
        return dialect
    }

    /// The same server, whose WebSockets are of Pulse's clients. Publishes over HTTP are as they were.
    var pulse: Dialect {
        var dialect = self
        dialect.socketPath = "/pulse"
        dialect.subscribeFrame = PulseFrame.subscribe(self.topic)
        dialect.speaksPulse = true
        return dialect
    }

    /// The same server, asked about another topic.
    func about(_ topic: String) -> Dialect {
        var dialect = self
        dialect.topic = topic
        if self.subscribeFrame == nil {
            dialect.publishPath = "/topic?id=\(topic)"
            dialect.socketPath = "/topic-ws?id=\(topic)"
        } else {
            dialect.subscribeFrame = Self.subscribeFrame(topic)
        }
        return dialect
    }

    static func subscribeFrame(_ topic: String) -> ByteBuffer {
        ClientFrame.text(#"{"type":"subscribe","topics":["\#(topic)"],"client_id":"bench"}"#)
    }

    func publishRequest(_ payload: String) -> ByteBuffer {
        self.request("POST", self.publishPath, body: Payload.message(payload, topic: self.topic))
    }

    /// What a WebSocket has to begin with: a subscription, here to a topic that nobody publishes to.
    var quietSubscribeFrame: ByteBuffer {
        let topic = "\(Payload.topic)-quiet"
        return self.speaksPulse ? PulseFrame.subscribe(topic) : Self.subscribeFrame(topic)
    }

    /// A publish over a WebSocket.
    func publishFrame(_ payload: String) -> ByteBuffer {
        self.speaksPulse
            ? PulseFrame.publish(payload, to: Payload.topic) : ClientFrame.text(Payload.frame(payload))
    }

    func fanOutRequest(_ payload: String) -> ByteBuffer {
        self.request("POST", self.fanOutPath, body: Payload.message(payload))
    }

    func bulkRequest(_ payload: String, count: Int) -> ByteBuffer {
        self.request("POST", self.bulkPath, body: Payload.bulk(payload, count: count))
    }

    var pollRequest: ByteBuffer {
        let body = #"{"topics":["\#(Payload.topic)"],"timeout":60}"#
        return self.request(self.pollMethod, self.pollPath, body: self.pollMethod == "POST" ? body : "")
    }

    /// Only the relay has such streams.
    func eventStreamRequest(topics: [String]) -> ByteBuffer {
        self.request("GET", "/sse?topics=" + topics.joined(separator: ","), body: "")
    }

    /// The key is fixed: a client that trusts its server has no use for a fresh one.
    var upgradeRequest: ByteBuffer {
        let head = """
            GET \(self.socketPath) HTTP/1.1\r
            Host: 127.0.0.1\r
            Authorization: Bearer \(self.token)\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r

            """
        return ByteBuffer(string: head)
    }

    func request(_ method: String, _ path: String, body: String) -> ByteBuffer {
        let head = """
            \(method) \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Authorization: Bearer \(self.token)\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r

            """
        return ByteBuffer(string: head + body)
    }
}
