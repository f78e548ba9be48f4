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
    /// There is no such session.
    case sessionUnknown
    /// The same key came with another request before.
    case requestDiffers
    /// What is stored of the session can't be read.
    case unreadable

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
        case documents
    }

    /// What the client gets.
    public var code: SessionErrorCode {
        switch self {
        case .sessionMismatch: .sessionMismatch
        case .sessionClosed: .sessionClosed
        case .sessionExpired: .sessionExpired
        case .ticketExpired, .ticketRevoked, .ticketSpent, .ticketUnknown, .ticketMismatch: .invalidToken
        case .barred, .lacks, .notHost, .notMember, .hostIsFixed: .forbidden
        case .sessionUnknown, .peerUnknown, .inviteUnknown, .tunnelUnknown: .notFound
        case .requestDiffers, .peerExists, .peerAway, .connectionReplaced, .inviteExists, .lockHeld, .lockLost,
            .tunnelExists:
            .conflict
        case .invalid: .invalidRequest
        case .tooLarge: .tooLarge
        case .full, .sealed: .quotaExceeded
        case .unreadable: .unavailable
        }
    }
}

/// The errors of sessions as clients see them: the `error` member of an answer's body. The statuses are those of the HTTP routes.
public enum SessionErrorCode: String, Hashable, Sendable, CaseIterable {
    case missingParameter = "missing_parameter"
    case invalidRequest = "invalid_request"
    case unauthenticated
    case invalidToken = "invalid_token"
    case sessionMismatch = "session_mismatch"
    case forbidden = "forbidden"
    case notFound = "not_found"
    case conflict = "conflict"
    case sessionClosed = "session_closed"
    case sessionExpired = "session_expired"
    case tooLarge = "too_large"
    case quotaExceeded = "quota_exceeded"
    case rateLimited = "rate_limited"
    case atCapacity = "at_capacity"
    case draining
    case unavailable

    /// The HTTP status.
    public var status: Int {
        switch self {
        case .missingParameter, .invalidRequest: 400
        case .unauthenticated, .invalidToken: 401
        case .sessionMismatch, .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .sessionClosed, .sessionExpired: 410
        case .tooLarge: 413
        case .quotaExceeded, .rateLimited: 429
        case .atCapacity, .draining, .unavailable: 503
        }
    }

    /// Whether the same request may succeed later: the answer then has `Retry-After`.
    public var isRetryable: Bool {
        self.status == 429 || self.status == 503
    }
}

extension SessionRefusal {
    /// What clients are told besides the code.
    public var text: String {
        switch self {
        case .sessionMismatch: "The token is for another session"
        case .sessionClosed: "The session is closing or closed"
        case .sessionExpired: "The session has expired"
        case .ticketExpired: "The token has expired"
        case .ticketRevoked: "The token was revoked"
        case .ticketSpent: "The token was used as often as it may be"
        case .ticketUnknown: "The session does not know the token"
        case .ticketMismatch: "The token is for another peer or key"
        case .barred: "You were put out of the session"
        case .peerExists: "The peer id is taken"
        case .peerUnknown: "No such peer"
        case .peerAway: "The peer has lost its connection"
        case .connectionReplaced: "The peer has another connection by now"
        case .lacks(let missing): "This needs \(missing.names.joined(separator: ", "))"
        case .notHost: "Only the host may do this"
        case .notMember: "You are not in the session"
        case .hostIsFixed: "The host can't be kicked, and is replaced only by making another peer host"
        case .inviteExists: "There is such an invite"
        case .inviteUnknown: "No such invite"
        case .lockHeld(let holder): "\(holder) has the lock"
        case .lockLost: "You do not hold the lock"
        case .tunnelExists: "There is such a tunnel"
        case .tunnelUnknown: "No such tunnel"
        case .sessionUnknown: "No such session"
        case .requestDiffers: "The idempotency key came with another request before"
        case .unreadable: "The session can't be read"
        case .invalid(let field): "\(field.rawValue) is not valid"
        case .tooLarge(let field): "\(field.rawValue) is too long"
        case .full(let table): "The session has as many \(table.rawValue) as it may have"
        case .sealed: "The session admits nobody who is new"
        }
    }
}
