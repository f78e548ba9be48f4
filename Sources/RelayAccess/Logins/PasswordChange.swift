public import RelayCore

/// What users do with their own passwords.
public struct PasswordChange: Sendable {
    let logins: Logins
    let users: UserAdministration
    let grants: TokenGrants
    let now: TimeSource

    /// Gives the user another password, if `old` is the one it has. All that was obtained by the old one ends, as where an administrator
    /// sets a new one: access tokens and what they opened, refresh tokens, service tokens.
    ///
    /// - Parameters:
    ///   - id: who asks. A guess costs as much as at a log-in; the caller counts it as one.
    ///   - old: the password that the user has. One who has none can't change it.
    ///   - new: 8 characters or more.
    ///   - clientHint: what the new sign-in is listed as.
    /// - Returns: tokens of the new password, so that whoever changed it stays signed in.
    ///
    /// Throws `passwordChanged` where somebody else has set a password meanwhile, which then stays: who knows an old password does not undo
    /// what an administrator has set. Throws `invalidFields`, `wrongPassword`, `userNotFound`, `accountInactive`, `overloaded`, and
    /// `unavailable`, after which the password may have been changed.
    public func change(
        of id: UserID,
        from old: String,
        to new: String,
        clientHint: String? = "password-change"
    ) async throws(AccessError) -> TokenPair {
        let issues = UserRules.issues(password: new, field: "new_password")
        guard issues.isEmpty else { throw AccessError(.invalidFields(issues)) }
        do throws(AccessError) {
            let changed = try await self.replace(old, of: id, by: new)
            return try await self.grants.begin(for: changed, hint: clientHint, at: self.now())
        } catch {
            switch error.code {
            // It was deleted since its token was looked at.
            case .noSuchUser: throw AccessError(.userNotFound)
            // It has got yet another since.
            case .wrongCredentials: throw AccessError(.passwordChanged)
            default: throw error
            }
        }
    }

    private func replace(_ old: String, of id: UserID, by new: String) async throws(AccessError) -> User {
        let generation = try await self.user(id, old).passwordGeneration
        let hash = try await self.users.hasher.hash(new)
        return try await self.users.change(id, UserChanges(passwordHash: hash, expectedGeneration: generation))
    }

    private func user(_ id: UserID, _ password: String) async throws(AccessError) -> User {
        let name = try await self.users.user(id).username
        do throws(AccessError) {
            let user = try await self.logins.user(named: name, password: password)
            // Between the two reads its name may have become another's.
            guard user.id == id else { throw AccessError(.noSuchUser(id)) }
            return user
        } catch {
            guard case .wrongCredentials = error.code else { throw error }
            throw AccessError(.wrongPassword)
        }
    }
}
