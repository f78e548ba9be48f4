import RelayCore
import RelayWire

/// Knowing people by their passwords, and logging them in.
public struct Logins: Sendable {
    private let users: any UserStore
    private let grants: TokenGrants
    private let hasher: any PasswordHashing
    private let now: TimeSource

    init(users: any UserStore, grants: TokenGrants, hasher: any PasswordHashing, now: @escaping TimeSource) {
        self.users = users
        self.grants = grants
        self.hasher = hasher
        self.now = now
    }

    /// Throws what ``user(named:password:)`` does.
    public func login(
        username: String,
        password: String,
        clientHint: String? = "password-login"
    ) async throws(AccessError) -> TokenPair {
        let user = try await self.user(named: username, password: password)
        return try await self.grants.begin(for: user, hint: clientHint, at: self.now())
    }

    /// The user who has this name and this password, and is active.
    ///
    /// Every attempt costs one hash, whether or not the user exists or has a password. The first one that succeeds after the configured
    /// cost of hashes has changed costs another.
    ///
    /// Throws `wrongCredentials`, `accountInactive` (only to whoever knows the password), `overloaded`, `unavailable`.
    public func user(named username: String, password: String) async throws(AccessError) -> User {
        let user = try await AccessError.fromStore { () throws(StoreError) in
            try await self.users.user(named: username)
        }
        guard let user, let hash = user.passwordHash else {
            try await self.hasher.verifyDummy(password)
            throw AccessError(.wrongCredentials)
        }
        guard try await self.hasher.verify(password, against: hash) else { throw AccessError(.wrongCredentials) }
        guard user.isActive else { throw AccessError(.accountInactive) }
        if self.hasher.needsRehash(hash) { await self.rehash(password, of: user.id, from: hash) }
        return user
    }

    /// Stores the password at the cost that is configured now. Where that can't be done, the next login will.
    private func rehash(_ password: String, of user: UserID, from old: String) async {
        guard let new = try? await self.hasher.hash(password) else { return }
        _ = try? await self.users.replacePasswordHash(of: user, old, by: new)
    }
}
