import NIOCore
import NIOWebSocket

/// What is said over a WebSocket: one protocol's messages, in text or in binary, or nothing but bytes. ``WebSocketConnection`` has all the
/// rest.
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

    /// Whether messages are binary, of any length, and received in pieces as they come, by ``received(piece:endsMessage:)``. Pieces come also
    /// while the client does not take what it is sent: what they lead to is not sent to it.
    var takesPieces: Bool { get }

    /// Whether messages come also while the client does not take what it is sent. For dialects whose messages lead to nothing that the client
    /// is sent.
    var isHeardWhileFull: Bool { get }

    /// A part of a binary message, which may be empty.
    ///
    /// - Parameter endsMessage: whether the next piece is of another message.
    func received(piece: WebSocketPiece, endsMessage: Bool)

    /// Everything that one read of the socket brought was received.
    func readCompleted()

    /// Whether there is no room for what the client may say, so that its socket is not read. ``WebSocketConnection/hearOn()`` tells of the end
    /// of that. One read may come all the same.
    var holdsBack: Bool { get }

    /// Whether something that has come still waits to be handled. If the client has ended its side, that is handled before the connection closes.
    var hasWaiting: Bool { get }

    /// Forgets what has come and waits. Called where the relay stops: nothing more is begun.
    func drop()

    /// The socket has room again.
    func drained()

    /// Whether others end it where the relay stops, who still use it until then. Else the relay closes it at once when all is answered.
    var isEndedByOthers: Bool { get }

    /// Nothing is received any more, and nothing that is sent goes out: the WebSocket closes, or is gone. Called once; what was under way
    /// may still come back to the dialect.
    func closed()

    /// A message is longer than the relay takes: what the client is told before its WebSocket is closed for it.
    func foundTooLarge()

    /// The relay is stopping, and all is answered: what else the client is to be told is sent now.
    ///
    /// - Returns: the code that it closes with.
    func goingAway() -> WebSocketErrorCode

    /// What is said, and whose it is, at the moment. Nil where the WebSocket is a part of something that tells.
    var facts: ConnectionFacts? { get }

    /// How a client is told that an administrator has ended its connection.
    var endedByAdministrator: WebSocketErrorCode { get }

    /// A whole frame that goes with each ping, for clients that hear no pings; nil for none.
    var keepAlive: ByteBuffer? { get }

    /// When its clients are pinged, and given up; nil for what holds for all.
    var pingTimes: PingSchedule.Times? { get }

    /// How messages lie in a session of WebTransport that stands for a WebSocket. Asked once, before ``opened(_:)``: who goes on by
    /// ``WebSocketConnection/change(to:)`` keeps to it.
    var sessionMessages: SessionMessages { get }

    /// What a client is told that does not begin to use its WebSocket in time; nil once it has begun.
    var idleReason: String? { get }
}

/// Most dialects have whole messages.
extension WebSocketDialect {
    var takesPieces: Bool { false }
    var isHeardWhileFull: Bool { self.takesPieces }
    var holdsBack: Bool { false }
    var hasWaiting: Bool { false }
    var isEndedByOthers: Bool { false }
    var keepAlive: ByteBuffer? { nil }
    var pingTimes: PingSchedule.Times? { nil }
    var sessionMessages: SessionMessages { .unmarked }

    func received(piece: WebSocketPiece, endsMessage: Bool) {
        preconditionFailure("a piece of a message for a dialect that takes whole ones")
    }

    func readCompleted() {}

    func drop() {}

    func foundTooLarge() {}

    func goingAway() -> WebSocketErrorCode { .goingAway }

    /// Clients do not come again by themselves after it.
    var endedByAdministrator: WebSocketErrorCode { .policyViolation }
}
