public import RelayCore

/// Something that may end what a connection may do. Whoever holds sessions of the user asks them again.
public enum AccessChange: Hashable, Sendable {
    /// Its permissions or its activity changed, or it was deleted.
    case userChanged(UserID)
    case tokenRevoked(jti: String, UserID)

    /// Whose sessions are to be asked again.
    public var user: UserID {
        switch self {
        case .userChanged(let user): user
        case .tokenRevoked(_, let user): user
        }
    }
}
