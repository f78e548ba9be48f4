import RelayCore

/// What start-up did for the first administrator.
public enum BootstrapOutcome: Hashable, Sendable {
    case created
    case passwordReset
    case unchanged
    /// The name belongs to somebody who signs in elsewhere, and who must not come to share an account with the operator. Nothing was changed.
    case foreign
}

extension UserAdministration {
    /// Makes sure that there is an administrator who can log in.
    ///
    /// A user that does not exist is created with all permissions. One whose password no longer matches is given the configured password
    /// again, which ends all that was obtained by the other. Its permissions and activity are left alone. A hash of other parameters than
    /// configured is made anew. One who signs in elsewhere is left alone.
    ///
    /// - Parameters:
    ///   - username: taken as it is: the operator's own choice is not checked.
    ///   - email: used only on creation; nil for `<username>@example.com`.
    public func bootstrap(
        username: String,
        password: String,
        email: String? = nil
    ) async throws(AccessError) -> BootstrapOutcome {
        if let user = try await self.user(named: username) { return try await self.ensurePassword(password, of: user) }
        let admin = User(
            id: UserID(SecureRandom.uuid()),
            username: username,
            createdAt: self.now(),
            email: email ?? "\(username)@example.com",
            permissions: [.admin, .read, .write],
            passwordHash: try await self.hasher.hash(password)
        )
        let isNew = try await AccessError.fromStore { () throws(StoreError) in try await self.store.createUser(admin) }
        // Another relay that starts on the same store was faster.
        guard !isNew, let user = try await self.user(named: username) else { return .created }
        return try await self.ensurePassword(password, of: user)
    }

    private func ensurePassword(_ password: String, of user: User) async throws(AccessError) -> BootstrapOutcome {
        guard user.identity == nil else { return .foreign }
        let matches =
            if let hash = user.passwordHash { try await self.hasher.verify(password, against: hash) } else { false }
        guard matches, let hash = user.passwordHash else { return try await self.resetPassword(to: password, of: user) }
        if self.hasher.needsRehash(hash) {
            let new = try await self.hasher.hash(password)
            _ = try await AccessError.fromStore { () throws(StoreError) in
                try await self.store.replacePasswordHash(of: user.id, hash, by: new)
            }
        }
        return .unchanged
    }

    private func resetPassword(to password: String, of user: User) async throws(AccessError) -> BootstrapOutcome {
        let changes = UserChanges(
            passwordHash: try await self.hasher.hash(password),
            expectedGeneration: user.passwordGeneration
        )
        do throws(AccessError) {
            _ = try await self.change(user.id, changes)
            return .passwordReset
        } catch {
            guard case .passwordChanged = error.code else { throw error }
            // Another relay that starts on the same store was faster, as a rule with the same password.
            return try await self.ensurePassword(password, of: try await self.user(user.id))
        }
    }
}
