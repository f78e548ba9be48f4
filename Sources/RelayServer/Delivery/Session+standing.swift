import RelayAccess
import RelayCore
import RelayWire

/// A session as a connection holds it that was opened with it.
///
/// Revocation of the token and any change of the user count at once. The token's expiry is not asked here: the loop's ticker sees to
/// it once a second, unless it is to end nothing.
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
