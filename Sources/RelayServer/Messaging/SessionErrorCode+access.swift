import RelayAccess
import RelaySessions

extension SessionErrorCode {
    /// What members of a session are told of what came of a token or a ticket.
    init(_ error: AccessError) {
        self =
            switch error.status {
            case 401: .unauthenticated
            case 429: .rateLimited
            case 503: .unavailable
            default: .forbidden
            }
    }
}
