import RelayAccess
import RelayCore
import RelayWire

/// A session as a connection holds it that was opened with it.
///
/// The token's expiry ends no open connection: it says until when the token opens new ones. Revocation of the token and any change
/// of the user count at once.
extension Session {
    /// The user as it is now.
    func standing(requiring permission: Permissions) throws(AccessError) -> Principal {
        try self.principal(at: Timestamp(microseconds: .min), requiring: permission)
    }

    func standingPrincipal(requiring permission: Permissions) -> Principal? {
        do throws(AccessError) {
            return try self.standing(requiring: permission)
        } catch {
            return nil
        }
    }
}
