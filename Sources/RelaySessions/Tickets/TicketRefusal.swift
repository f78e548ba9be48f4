/// Why a ticket is not taken. None tells what the ticket says.
public enum TicketRefusal: Error, Hashable, Sendable, CaseIterable {
    /// Longer than any ticket. Nothing of it was decoded.
    case tooLarge
    /// No ticket: wrong form, header or claims; or an older form, which is not accepted here.
    case malformed
    /// Signed by a key that is neither the current one nor the previous one, or by a stranger.
    case unknownKey
    /// It names a key of this cluster, which didn't sign it; or it is of an older form, and none of them did.
    case badSignature
    /// For another cluster.
    case wrongAudience
    /// For another session.
    case wrongSession
    case notYetValid
    case expired

    /// What clients see of it: all that is wrong with a ticket itself looks the same to them.
    public var errorCode: SessionErrorCode {
        switch self {
        case .wrongSession: .sessionMismatch
        case .tooLarge, .malformed, .unknownKey, .badSignature, .wrongAudience, .notYetValid, .expired: .invalidToken
        }
    }
}
