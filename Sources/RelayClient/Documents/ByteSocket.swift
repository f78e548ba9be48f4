import NIOCore
import NIOSSL
import NIOWebSocket

/// One WebSocket whose messages are bytes, as it is: no connection is made again. Text is passed over.
///
/// Whoever opened it closes it. At most 1 MiB and one message wait in memory; then nothing more is read, and the other side waits.
public struct ByteSocket: Sendable {
    private let connection: WebSocketConnection

    init(_ connection: WebSocketConnection) {
        self.connection = connection
    }

    /// Connects to a server that is no relay.
    ///
    /// - Parameters:
    ///   - address: with all that the server is to be told at first.
    ///   - timeout: for the connection.
    ///   - maxMessageBytes: larger messages end it.
    /// - Throws: ``RelayError``, with code `refused` where the server answers with a 4xx; `CancellationError`.
    public static func open(
        _ address: WebSocketAddress,
        timeout: Duration = .seconds(15),
        maxMessageBytes: Int
    ) async throws -> ByteSocket {
        let connector = try WebSocketConnector<WebSocketConnection>(
            endpoint: address.endpoint,
            tls: .clientDefault,
            target: address.target,
            format: .binary,
            options: Self.options(timeout, maxMessageBytes)
        )
        let result: WebSocketConnector<WebSocketConnection>.Result
        do {
            result = try await connector.connect(bearer: nil)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RelayError.noConnection("can't connect to \(address)", error)
        }
        switch result {
        case .open(let connection): return ByteSocket(connection)
        case .refused(let reply):
            let isFinal = 400..<500 ~= reply.status && reply.status != 429
            throw RelayError(
                isFinal ? .refused : .unavailable,
                status: reply.status,
                detail: "\(address) answers no WebSocket",
                retryAfter: reply.retryAfter
            )
        }
    }

    fileprivate static func options(_ timeout: Duration, _ maxMessageBytes: Int) -> SubscriptionOptions {
        var options = SubscriptionOptions(topics: [])
        options.connectTimeout = timeout
        options.maxMessageBytes = maxMessageBytes
        return options
    }

    /// The next message. One caller at a time. A cancelled wait closes the socket and throws `CancellationError`.
    ///
    /// - Throws: ``RelayError`` with code `unavailable` once the connection is gone.
    public func next() async throws -> [UInt8] {
        switch try await self.connection.receive() {
        case .ended(let end): throw RelaySocket.error(for: end)
        case .message(let bytes): return Array(bytes.readableBytesView)
        }
    }

    /// Sends a message, and returns once it is written: the other side may have it.
    ///
    /// - Throws: ``RelayError`` with code `unavailable` once the connection is gone.
    public func send(_ bytes: [UInt8]) async throws {
        do {
            try await self.connection.send(ByteBuffer(bytes: bytes))
        } catch {
            throw RelayError.noConnection("the connection broke", error)
        }
    }

    /// Ends the connection.
    public func close() { self.connection.close() }
}

extension RelayClient {
    /// Connects to a document as y-websocket's provider does, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - name: the document's.
    ///   - timeout: for the connection.
    ///   - maxMessageBytes: larger messages end it.
    /// - Throws: ``RelayError``, or `CancellationError`.
    public func openDocument(
        _ name: String,
        timeout: Duration = .seconds(15),
        maxMessageBytes: Int
    ) async throws -> ByteSocket {
        let options = ByteSocket.options(timeout, maxMessageBytes)
        return ByteSocket(try await self.openBytes(to: "/yjs/" + FormText.encode(name), options))
    }
}
