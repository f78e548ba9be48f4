public import RelayCore
import RelayWire

/// What a session is worth at one moment.
public enum SessionState: Hashable, Sendable {
    /// The user as it is now.
    case live(Principal)
    case refused(AccessError)

    /// The rule: the token comes first, then the user.
    ///
    /// - Returns: nil where nothing speaks against the session.
    static func refusal(
        standing: Account.Standing,
        isRevoked: Bool,
        isOfOtherPassword: Bool,
        expiresAt: Timestamp,
        now: Timestamp
    ) -> AccessError.Code? {
        guard now < expiresAt else { return .invalidToken }
        guard !isRevoked else { return .tokenRevoked }
        return switch standing {
        case .active: isOfOtherPassword ? .tokenRevoked : nil
        case .inactive: .userInactive
        case .deleted: .userNotFound
        case .unknown: .unavailable
        }
    }
}
