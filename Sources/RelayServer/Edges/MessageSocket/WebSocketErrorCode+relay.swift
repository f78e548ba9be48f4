import NIOWebSocket
import RelayAccess

extension WebSocketErrorCode {
    /// The relay's own: come again with another token.
    static let tokenExpired = WebSocketErrorCode(codeNumber: 4001)

    /// Clients connect again after 1011 and give up after 1008: what the relay can't find out now is no refusal.
    init(refusal error: AccessError) {
        self = error.status == 503 ? .unexpectedServerError : .policyViolation
    }
}
