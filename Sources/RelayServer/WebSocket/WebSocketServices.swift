import NIOCore
import NIOHTTP1
import NIOWebSocket
import RelayCore

/// What WebSockets work with, whatever is said over them: the same for all.
final class WebSocketServices: Sendable {
    let lane: TaskLane
    /// Where whatever is held for a client is charged.
    let memory: MemoryLedger
    let metrics: EdgeMetrics
    /// WebSockets and event streams, together.
    let places: ConnectionQuota
    /// Largest message, bytes.
    let maxMessageBytes: Int
    /// A WebSocket that is not used for so long after it was opened is closed.
    var idleLimit: TimeAmount { self.idle.current }
    private let idle: Adjustable<TimeAmount>
    /// What clients are told when the relay stops.
    let draining: Draining

    init(
        lane: TaskLane,
        memory: MemoryLedger,
        metrics: EdgeMetrics,
        places: ConnectionQuota,
        maxMessageBytes: Int,
        idleLimit: Adjustable<TimeAmount>,
        draining: Draining = Draining()
    ) {
        self.lane = lane
        self.memory = memory
        self.metrics = metrics
        self.places = places
        self.maxMessageBytes = maxMessageBytes
        self.idle = idleLimit
        self.draining = draining
    }

    /// Answers the opening handshake, and turns the connection into a WebSocket; or says why not.
    ///
    /// - Parameters:
    ///   - headers: as ``WebSocketHandshake`` gave them.
    ///   - user: who is to have one more connection.
    ///   - makeDialect: makes what is said over the WebSocket.
    /// - Returns: false where it is none.
    @discardableResult
    func upgrade(
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        of user: UserID,
        to makeDialect: () -> any WebSocketDialect
    ) -> Bool {
        guard let place = self.takePlace(of: user, for: exchange) else { return false }
        return self.upgrade(exchange, headers, holding: place, to: makeDialect)
    }

    /// A place among a user's connections, for a client for which something has to be done before its connection becomes a WebSocket.
    ///
    /// - Returns: nil where the user has as many as it may, which the client has been told.
    func takePlace(of user: UserID, for exchange: Exchange) -> ConnectionQuota.Place? {
        guard let place = self.places.enter(user) else {
            exchange.answer(Reply(.forbidden, detail: "Too many connections"))
            return nil
        }
        return place
    }

    /// The same for a connection that has its place already.
    ///
    /// - Parameters:
    ///   - place: nil for a connection between relays, and where something else has it.
    ///   - gate: sees the client's bytes before anything else does; nil for none.
    @discardableResult
    func upgrade(
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        holding place: consuming ConnectionQuota.Place?,
        behind gate: (any ChannelHandler)? = nil,
        to makeDialect: () -> any WebSocketDialect
    ) -> Bool {
        let dialect = makeDialect()
        let framing = exchange.connection.stream?.framing(of: dialect.sessionMessages)
        let connection = WebSocketConnection(
            dialect,
            services: self,
            loop: exchange.loop,
            place: place,
            isEncrypted: exchange.connection.isEncrypted,
            stream: exchange.connection.stream
        )
        do {
            try exchange.connection.switchProtocol(
                headers: headers,
                handlers: [gate, framing ?? self.decoder(for: dialect), connection].compactMap(\.self)
            )
            connection.began(exchange.trace?.switched(exchange))
            return true
        } catch {
            exchange.connection.cutOff()
            return false
        }
    }

    /// What makes frames of a WebSocket's bytes, before its ``WebSocketConnection``.
    func decoder(for dialect: any WebSocketDialect) -> any ChannelHandler {
        dialect.takesPieces
            ? ByteToMessageHandler(WebSocketPieceDecoder())
            : ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: self.maxMessageBytes))
    }
}
