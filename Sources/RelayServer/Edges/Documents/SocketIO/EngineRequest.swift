import NIOHTTP1

/// What a request of an Engine.IO client wants, as its method and its query say it.
struct EngineRequest: Hashable {
    enum Transport: String, Hashable {
        case polling
        case webSocket = "websocket"
    }

    let transport: Transport
    /// Nil for a handshake: the client has none yet.
    let sid: String?

    init(_ method: HTTPMethod, query: Substring) throws(EngineRefusal) {
        let items = QueryItems(query)
        guard let transport = items.first("transport").flatMap(Transport.init) else { throw .unknownTransport }
        self.transport = transport
        self.sid = items.first("sid")
        if self.sid == nil {
            guard method == .GET else { throw .badHandshakeMethod }
            guard items.first("EIO") == "4" else { throw .unsupportedVersion }
        }
        // A WebSocket has no posts. Answers as scripts (JSONP) no client needs any more.
        guard transport == .polling || method == .GET, items.first("j") == nil else { throw .badRequest }
    }
}
