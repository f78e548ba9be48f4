/// Why a session did not do what was asked. Nothing has changed then.
public enum SessionRefusal: Error, Hashable, Sendable {
    /// The ticket is for another session.
    case sessionMismatch
    /// The session is closing or closed.
    case sessionClosed
    /// The session came to its end by time.
    case sessionExpired
    /// The ticket's time is over, or its invite's.
    case ticketExpired
    /// The ticket's invite was revoked.
    case ticketRevoked
    /// The ticket was used as often as it may be.
    case ticketSpent
    /// The session knows no such ticket: its invite is gone, or the peer that it is bound to is.
    case ticketUnknown
    /// The ticket is bound to another peer or key, or says another role than its invite.
    case ticketMismatch
    /// The ticket or the key was shut out by a kick.
    case barred
    /// Someone else has the peer id, or has it reserved.
    case peerExists
    /// No peer in the roster has that id.
    case peerUnknown
    /// The peer is in the roster, but has lost its connection and must reconnect first.
    case peerAway
    /// The peer has another connection by now.
    case connectionReplaced
    /// Who asks lacks this.
    case lacks(SessionCapabilities)
    /// Only the host may ask that.
    case notHost
    /// Who asks is not in the session, or not a part of what it asks about.
    case notMember
    /// The host can't be kicked, or made something else except by making another peer host.
    case hostIsFixed
    case inviteExists
    case inviteUnknown
    /// Another peer has the lock.
    case lockHeld(by: PeerID)
    /// The caller does not hold the lock under that fencing number.
    case lockLost
    case tunnelExists
    case tunnelUnknown
    /// The named value is out of its range.
    case invalid(Field)
    /// The named value is longer than may be.
    case tooLarge(Field)
    /// There are as many as may be.
    case full(Table)
    /// So many were kicked that the session admits nobody who is new.
    case sealed
    /// The account has as many sessions as it may have.
    case accountFull
    /// The relay has as many sessions as it may have.
    case relayFull

    /// What was wrong with a request.
    public enum Field: String, Hashable, Sendable {
        case capabilities
        case expiry
        case metadata
        case peer
        case profile
        case reason
        case role
        case uses
    }

    /// What is full.
    public enum Table: String, Hashable, Sendable {
        case peers
        case invites
        case locks
        case tunnels
    }

    /// What the client gets.
    public var code: SessionErrorCode {
        switch self {
        case .sessionMismatch: .sessionMismatch
        case .sessionClosed: .sessionClosed
        case .sessionExpired: .sessionExpired
        case .ticketExpired, .ticketRevoked, .ticketSpent, .ticketUnknown, .ticketMismatch: .invalidToken
        case .barred, .lacks, .notHost, .notMember, .hostIsFixed: .forbidden
        case .peerUnknown, .inviteUnknown, .tunnelUnknown: .notFound
        case .peerExists, .peerAway, .connectionReplaced, .inviteExists, .lockHeld, .lockLost, .tunnelExists: .conflict
        case .invalid: .invalidRequest
        case .tooLarge: .tooLarge
        case .full, .sealed, .accountFull: .quotaExceeded
        case .relayFull: .atCapacity
        }
    }
}

/// The errors of sessions as clients see them: the `error` member of an answer's body. The statuses are those of the HTTP routes.
public enum SessionErrorCode: String, Hashable, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidToken = "invalid_token"
    case sessionMismatch = "session_mismatch"
    case forbidden = "forbidden"
    case notFound = "not_found"
    case conflict = "conflict"
    case sessionClosed = "session_closed"
    case sessionExpired = "session_expired"
    case tooLarge = "too_large"
    case quotaExceeded = "quota_exceeded"
    case atCapacity = "at_capacity"

    /// The HTTP status.
    public var status: Int {
        switch self {
        case .invalidRequest: 400
        case .invalidToken: 401
        case .sessionMismatch, .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .sessionClosed, .sessionExpired: 410
        case .tooLarge: 413
        case .quotaExceeded: 429
        case .atCapacity: 503
        }
    }

    /// Whether the same request may succeed later: the answer then has `Retry-After`.
    public var isRetryable: Bool {
        self == .quotaExceeded || self == .atCapacity
    }
}
