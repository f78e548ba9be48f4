public import RelayCore
import RelayWire

/// What administrators do with users. Whether the caller is one is the edge's question, asked before.
///
/// Every function throws `overloaded` or `unavailable` where hasher or store can't serve. A change takes effect on open
/// connections before its function returns.
public struct UserAdministration: Sendable {
    let store: any UserStore
    let hasher: any PasswordHashing
    let now: TimeSource
    private let authenticator: Authenticator

    init(
        store: any UserStore,
        hasher: any PasswordHashing,
        authenticator: Authenticator,
        now: @escaping TimeSource
    ) {
        self.store = store
        self.hasher = hasher
        self.authenticator = authenticator
        self.now = now
    }

    /// Throws `invalidFields`; and `usernameTaken`, to all but one of those who ask for a name at the same time.
    public func register(_ registration: UserRegistration) async throws(AccessError) -> User {
        let permissions = try registration.checked()
        let user = User(
            id: UserID(SecureRandom.uuid()),
            username: registration.username,
            createdAt: self.now(),
            email: registration.email,
            permissions: permissions,
            passwordHash: try await self.hasher.hash(registration.password)
        )
        let isNew = try await AccessError.fromStore { () throws(StoreError) in try await self.store.createUser(user) }
        guard isNew else { throw AccessError(.usernameTaken(registration.username)) }
        return user
    }

    /// A new password ends all that was obtained by the one before: access tokens and what they opened, and refresh tokens. Who knew the
    /// old one must not stay logged in by it.
    ///
    /// - Returns: the user as it is now.
    ///
    /// Throws `invalidFields`, `noSuchUser`; after `unavailable` the change may have been made: make it again.
    public func update(_ id: UserID, _ patch: UserPatch) async throws(AccessError) -> User {
        var changes = try patch.checked()
        if let password = patch.password { changes.passwordHash = try await self.hasher.hash(password) }
        return try await self.change(id, changes)
    }

    /// Deletes the user, its grants and its refresh tokens. Its topics stay.
    ///
    /// - Parameter caller: who asks.
    /// - Returns: the topics on which it had a grant: their live access lists still name it.
    ///
    /// Throws `ownDeletion`, `noSuchUser`.
    public func delete(_ id: UserID, by caller: UserID) async throws(AccessError) -> [TopicKey] {
        guard id != caller else { throw AccessError(.ownDeletion) }
        let topics = try await self.announcing(id) { () throws(StoreError) in try await self.store.deleteUser(id) }
        guard let topics else { throw AccessError(.noSuchUser(id)) }
        return topics
    }

    /// Throws `noSuchUser`.
    public func user(_ id: UserID) async throws(AccessError) -> User {
        let user = try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(id) }
        guard let user else { throw AccessError(.noSuchUser(id)) }
        return user
    }

    /// - Returns: nil where nobody has that name.
    public func user(named username: String) async throws(AccessError) -> User? {
        try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(named: username) }
    }

    /// Ordered by creation, then id.
    ///
    /// - Parameters:
    ///   - user: the page begins after it; nil for the first page.
    ///   - limit: users in the page.
    public func users(after user: UserPlace? = nil, limit: Int) async throws(AccessError) -> [User] {
        try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.users(after: user, limit: limit)
        }
    }

    /// How many users there are, and how many of them are active.
    public func counts() async throws(AccessError) -> UserCounts {
        try await AccessError.fromStore { () throws(StoreError) in try await self.store.userCounts() }
    }

    /// Throws `noSuchUser`; and `passwordChanged` where the user has not the generation that the changes expect.
    func change(_ id: UserID, _ changes: UserChanges) async throws(AccessError) -> User {
        let user = try await self.announcing(id) { () throws(StoreError) in
            try await self.store.updateUser(id, changes)
        }
        if let user { return user }
        guard changes.expectedGeneration != nil else { throw AccessError(.noSuchUser(id)) }
        // The store answers nil for both: where the user is there, its generation is another. Throws `noSuchUser` where it is not.
        _ = try await self.user(id)
        throw AccessError(.passwordChanged)
    }

    /// Announces the change; where the store broke off too, since the change may have happened all the same.
    private func announcing<Value>(
        _ id: UserID,
        _ call: () async throws(StoreError) -> Value
    ) async throws(AccessError) -> Value {
        do {
            let value = try await call()
            await self.authenticator.invalidate(user: id)
            return value
        } catch {
            switch error.code {
            case .unavailable, .full, .superseded, .undurable: break
            case .outcomeUnknown, .corrupt: await self.authenticator.invalidate(user: id)
            }
            throw AccessError(error)
        }
    }
}
