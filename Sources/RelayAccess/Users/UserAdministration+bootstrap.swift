import RelayCore

/// What start-up did for the first administrator.
public enum BootstrapOutcome: Hashable, Sendable {
    case created
    case passwordReset
    case unchanged
}

extension UserAdministration {
    /// Makes sure that there is an administrator who can log in.
    ///
    /// A user that does not exist is created with all permissions. One whose password no longer matches is given the configured password
    /// again, which ends all that was obtained by the other. Its permissions and activity are left alone. A hash of other parameters than
    /// configured is made anew.
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
        let matches =
            if let hash = user.passwordHash { try await self.hasher.verify(password, against: hash) } else { false }
        guard matches, let hash = user.passwordHash else {
            _ = try await self.change(user.id, UserChanges(passwordHash: try await self.hasher.hash(password)))
            return .passwordReset
        }
        if self.hasher.needsRehash(hash) {
            let new = try await self.hasher.hash(password)
            _ = try await AccessError.fromStore { () throws(StoreError) in
                try await self.store.replacePasswordHash(of: user.id, hash, by: new)
            }
        }
        return .unchanged
    }
}
