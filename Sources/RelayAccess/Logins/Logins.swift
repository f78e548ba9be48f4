import RelayCore
import RelayWire

/// Logging in by password.
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

    /// Every attempt costs one hash, whether or not the user exists or has a password.
    ///
    /// Throws `wrongCredentials`, `accountInactive` (only to whoever knows the password), `overloaded`, `unavailable`.
    public func login(
        username: String,
        password: String,
        clientHint: String? = "password-login"
    ) async throws(AccessError) -> TokenPair {
        let user = try await AccessError.fromStore { () throws(StoreError) in
            try await self.users.user(named: username)
        }
        guard let user, let hash = user.passwordHash else {
            try await self.hasher.verifyDummy(password)
            throw AccessError(.wrongCredentials)
        }
        guard try await self.hasher.verify(password, against: hash) else { throw AccessError(.wrongCredentials) }
        guard user.isActive else { throw AccessError(.accountInactive) }
        return try await self.grants.begin(for: user, hint: clientHint, at: self.now())
    }
}
