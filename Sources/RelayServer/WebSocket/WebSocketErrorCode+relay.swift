import NIOWebSocket
import RelayAccess

/// Why sockets are closed, besides the codes that NIO has. Numbers from 4000 on mean what a protocol says: the same one may mean two things.
extension WebSocketErrorCode {
    /// Clients connect again after 1011 and give up after 1008: what the relay can't find out now is no refusal.
    init(refusal error: AccessError) {
        self = error.status == 503 ? .unexpectedServerError : .policyViolation
    }

    /// The relay is stopping, others may serve.
    static let serviceRestart = WebSocketErrorCode(codeNumber: 1012)

    // MARK: Topics, and documents by y-protocols

    /// Come again with another token.
    static let tokenExpired = WebSocketErrorCode(codeNumber: 4001)

    // MARK: Signaling

    /// No ticket, or none that is good any more.
    static let unauthenticated = WebSocketErrorCode(codeNumber: 4001)
    /// Put out of the session.
    static let kicked = WebSocketErrorCode(codeNumber: 4003)
    /// The session is over.
    static let sessionClosed = WebSocketErrorCode(codeNumber: 4004)
    /// The peer has come over another connection.
    static let replaced = WebSocketErrorCode(codeNumber: 4010)

    // MARK: Documents by Hocuspocus' protocol, and rooms

    /// Come again with a connection that has sent nothing.
    static let resetConnection = WebSocketErrorCode(codeNumber: 4205)
    /// No token in time, or too much before it.
    static let unauthorized = WebSocketErrorCode(codeNumber: 4401)
    /// Stay away.
    static let forbidden = WebSocketErrorCode(codeNumber: 4403)
    /// Nothing was said for too long, or no document opened.
    static let connectionTimeout = WebSocketErrorCode(codeNumber: 4408)
}
