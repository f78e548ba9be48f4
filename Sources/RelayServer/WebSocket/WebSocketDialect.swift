import NIOCore

/// What is said over a WebSocket: one protocol's messages, in text or in binary. ``WebSocketConnection`` has all the rest.
///
/// Called on the connection's loop. Messages come one after another: none comes while a work that an earlier one began by
/// ``WebSocketConnection/suspend(_:then:)`` goes on, or while the client does not take what it is sent.
protocol WebSocketDialect: AnyObject {
    /// The WebSocket is open. The dialect holds it until ``closed()``, and may send from here on.
    func opened(_ connection: WebSocketConnection)

    /// A complete text message, which is UTF-8.
    func received(text: ByteBuffer)

    /// A complete binary message.
    func received(binary: ByteBuffer)

    /// The socket has room again.
    func drained()

    /// Nothing is received any more, and nothing that is sent goes out: the WebSocket closes, or is gone. Called once; what was under way
    /// may still come back to the dialect.
    func closed()

    /// What a client is told that does not begin to use its WebSocket in time; nil once it has begun.
    var idleReason: String? { get }
}
