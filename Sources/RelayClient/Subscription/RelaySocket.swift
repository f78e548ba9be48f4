import NIOCore
import NIOWebSocket

/// One WebSocket, as it is: no message is left out, no connection is made again. It is for publishing, and for readers that want to see
/// what the relay really sends. Readers that just want their messages use ``Subscription``.
///
/// ``next()`` renews the access token when the relay asks for it; a socket that nobody reads ends with its token.
///
/// Whoever opened it closes it. At most ``SubscriptionOptions/maxBufferedBytes`` and one message wait in memory.
public struct RelaySocket: Sendable {
    private let connection: WebSocketConnection
    private let keeper: TokenKeeper

    init(_ connection: WebSocketConnection, keeper: TokenKeeper) {
        self.connection = connection
        self.keeper = keeper
    }

    /// The next frame. One caller at a time. A cancelled wait closes the socket and throws `CancellationError`.
    ///
    /// - Throws: ``RelayError`` with code `unavailable` once the connection is gone, `invalidReply` for nonsense.
    public func next() async throws -> ServerFrame {
        switch try await self.connection.receive() {
        case .ended(let end):
            throw Self.error(for: end)
        case .message(let bytes):
            let frame = try Self.frame(bytes)
            if case .tokenExpiring = frame {
                _ = try await self.keeper.renewToken(on: self.connection, rejecting: self.keeper.currentToken)
            }
            return frame
        }
    }

    private static func frame(_ bytes: ByteBuffer) throws -> ServerFrame {
        do throws(JSONDocumentError) {
            return try ServerFrame.decode(bytes.readableBytesView)
        } catch {
            throw RelayError(.invalidReply, detail: "this is no relay: \(error)", underlying: error)
        }
    }

    /// Sends a publish, and returns once it is written. The answer comes as a frame with the same `request`.
    ///
    /// - Parameters:
    ///   - message: what to publish.
    ///   - request: a name for this publish, which its answer repeats.
    ///   - idempotencyKey: 1 to 255 bytes; nil: sending the message twice stores it twice.
    public func publish(_ message: OutgoingMessage, request: String, idempotencyKey: String? = nil) async throws {
        try message.check()
        guard case .object(let fields) = message.json else { return }
        var object = JSONObject([("type", "publish"), ("id", .string(request))])
        for member in fields.members { object.append(member.key, member.value) }
        if let idempotencyKey { object.append("idempotency_key", .string(idempotencyKey)) }
        try await self.send(.object(object))
    }

    /// Ends the connection. What waits for an answer fails.
    public func close() {
        self.connection.close()
    }

    func send(_ frame: JSONDocument) async throws {
        do {
            try await self.connection.send(frame.text)
        } catch {
            throw RelayError.noConnection("the connection broke", error)
        }
    }

    static func error(for end: ConnectionEnd) -> RelayError {
        switch end {
        case .closed(let code, let reason): RelayError(.unavailable, closeCode: code, detail: reason)
        case .lost(let error):
            .noConnection("the connection is lost", error)
        case .refused(let reply): .unexpected(reply)
        case .nonsense(let error):
            RelayError(.invalidReply, detail: "this is no relay: \(error)", underlying: error)
        case .unauthenticated(let error): error
        }
    }
}

extension RelayClient {
    /// Connects once, and sends the `subscribe` frame; its answer is the first frame to come.
    ///
    /// - Parameter options: of those that say how to connect again, none has an effect.
    /// - Throws: ``RelayError``, or `CancellationError`.
    public func openSocket(_ options: SubscriptionOptions) async throws -> RelaySocket {
        try options.check()
        let connector = try WebSocketConnector<WebSocketConnection>(
            endpoint: self.endpoint,
            tls: self.configuration.tls,
            options: options
        )
        let socket = RelaySocket(try await self.connect(connector), keeper: self.keeper)
        do {
            try await socket.send(options.subscribeFrame(cursors: CursorTable(options.cursors)))
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    /// Connects once, to a path that speaks WebSocket.
    func openConnection(to target: String, timeout: Duration) async throws -> WebSocketConnection {
        var options = SubscriptionOptions(topics: [])
        options.connectTimeout = timeout
        return try await self.connect(
            WebSocketConnector<WebSocketConnection>(
                endpoint: self.endpoint,
                tls: self.configuration.tls,
                target: target,
                options: options
            )
        )
    }

    /// Connects once, to a path that speaks in bytes.
    ///
    /// - Parameter options: of the connection.
    func openBytes(to target: String, _ options: SubscriptionOptions) async throws -> WebSocketConnection {
        try await self.connect(
            WebSocketConnector<WebSocketConnection>(
                endpoint: self.endpoint,
                tls: self.configuration.tls,
                target: target,
                format: .binary,
                options: options
            )
        )
    }

    /// A token that is refused is renewed once.
    private func connect(_ connector: WebSocketConnector<WebSocketConnection>) async throws -> WebSocketConnection {
        var rejected: String?
        while true {
            let bearer = try await self.keeper.accessToken(rejecting: rejected)
            switch try await Self.connect(connector, bearer) {
            case .open(let connection): return connection
            case .refused(let reply):
                guard reply.status == 401, rejected == nil else { throw RelayError.unexpected(reply) }
                rejected = bearer
            }
        }
    }

    private static func connect(
        _ connector: WebSocketConnector<WebSocketConnection>,
        _ bearer: String
    ) async throws -> WebSocketConnector<WebSocketConnection>.Result {
        do {
            return try await connector.connect(bearer: bearer)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RelayError.noConnection("can't connect to the relay", error)
        }
    }
}
