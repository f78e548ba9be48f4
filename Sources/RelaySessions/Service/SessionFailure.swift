public import RelayCore

/// Why a request about a session came to nothing.
public enum SessionFailure: Error, Hashable, Sendable {
    /// There is no account, and one is needed.
    case unauthenticated
    /// The account lacks this permission.
    case lacks(Permissions)
    case refused(SessionRefusal)
    case ticket(TicketRefusal)
    /// The key was not proven.
    case proof(KeyProof.Refusal)
    /// The resume token, or the proof, is none.
    case malformed(String)
    /// The session, or what a ticket would say, ends within this second.
    case minting(TicketMintingError)
    case broker(BrokerError)
    /// The relay stops, and makes no more sessions.
    case draining
    /// Too many of one address in a minute.
    case rateLimited

    public var code: SessionErrorCode {
        switch self {
        case .unauthenticated: .unauthenticated
        case .lacks: .forbidden
        case .refused(let refusal): refusal.code
        case .ticket(let refusal): refusal.errorCode
        case .proof: .invalidToken
        case .malformed: .invalidRequest
        case .minting(.sessionEnded): .sessionExpired
        case .minting(.outOfRange), .minting(.tooLarge): .invalidRequest
        case .broker(let error): error.sessionCode
        case .draining: .draining
        case .rateLimited: .rateLimited
        }
    }

    /// For clients. Says nothing of what is stored.
    public var text: String {
        switch self {
        case .unauthenticated: "An account is needed"
        case .lacks(let permissions): "The account needs the permission \(permissions.names.joined(separator: ", "))"
        case .refused(let refusal): refusal.text
        case .ticket(.wrongSession): SessionRefusal.sessionMismatch.text
        case .ticket: "The token is not valid"
        case .proof(.challengeExpired): "The challenge is over, or was answered: ask for another"
        case .proof: "The key was not proven"
        case .malformed(let what): "\(what) is not valid"
        case .minting: "No token can be made of this"
        case .broker(.denied): SessionRefusal.notMember.text
        case .broker(.missing): SessionRefusal.sessionUnknown.text
        case .broker(.quota): "You have as many sessions as you may have"
        case .broker(.full): "There are as many sessions as there may be"
        case .broker: "Try again later"
        case .rateLimited: "Too many sessions from this address: try again in a minute"
        case .draining: "The relay stops: ask another one, or try again later"
        }
    }
}

extension BrokerError {
    fileprivate var sessionCode: SessionErrorCode {
        switch self {
        case .denied: .forbidden
        case .missing: .notFound
        case .quota: .quotaExceeded
        case .full: .atCapacity
        case .exists, .moved, .refused, .overloaded, .tooManyWaiting, .store: .unavailable
        }
    }
}
