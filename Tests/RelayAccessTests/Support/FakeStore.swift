import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// The access store of these tests: a few dictionaries behind one lock, with a place to stand between a read and its
/// answer.
final class FakeStore: AccessStore {
    struct State {
        var users: [UserID: User] = [:]
        var refreshTokens: [String: RefreshToken] = [:]
        var serviceTokens: [String: ServiceToken] = [:]
        var denied: [String: Timestamp] = [:]
        var pending: [String: PendingRecord] = [:]
        /// Runs before each change to what waits: the place for a test to be faster.
        var beforePending: (@Sendable () async -> Void)?
        var userReads = 0
        var denyReads = 0
        var failure: StoreError?
        var unreadable: Set<UserID> = []
        /// The next read of a user stands here after it has read; the next question to the deny list likewise.
        var userGate: Gate?
        /// The next change of a user stands here before it is made; the next refresh token before it is stored likewise.
        var updateGate: Gate?
        var insertGate: Gate?
        var denyGate: Gate?
    }

    let state = Mutex(State())

    func edit<Value: Sendable>(_ body: (inout State) -> sending Value) -> Value {
        self.state.withLock { body(&$0) }
    }

    func attempt<Value>(_ body: (inout State) -> Value) throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = self.state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            return .success(body(&state))
        }
        return try result.get()
    }
}

// MARK: - UserStore

extension FakeStore {
    func createUser(_ user: User) async throws(StoreError) -> Bool {
        try self.attempt { state in
            let isTaken = state.users.values.contains { other in
                other.username == user.username || (user.identity != nil && other.identity == user.identity)
            }
            guard !isTaken else { return false }
            state.users[user.id] = user
            return true
        }
    }

    func user(_ id: UserID) async throws(StoreError) -> User? {
        let (user, gate) = try self.attempt { state in
            defer { state.userGate = nil }
            state.userReads += 1
            return (state.users[id], state.userGate)
        }
        await gate?.pass()
        if self.edit({ $0.unreadable.contains(id) }) { throw StoreError(.corrupt, "no user") }
        // As databases do.
        guard !Task.isCancelled else { throw StoreError(.unavailable, "cancelled") }
        return user
    }

    func user(named username: String) async throws(StoreError) -> User? {
        try self.attempt { $0.users.values.first { $0.username == username } }
    }

    func user(of identity: FederatedIdentity) async throws(StoreError) -> User? {
        try self.attempt { $0.users.values.first { $0.identity == identity } }
    }

    func users(after user: UserPlace?, limit: Int) async throws(StoreError) -> [User] {
        try self.attempt { state in
            let all = state.users.values.filter { user?.precedes($0.place) ?? true }
            return Array(all.sorted { $0.place.precedes($1.place) }.prefix(limit))
        }
    }

    func userCounts() async throws(StoreError) -> UserCounts {
        try self.attempt { state in
            UserCounts(total: state.users.count, active: state.users.values.count { $0.isActive })
        }
    }

    func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User? {
        let gate = self.edit { state in
            defer { state.updateGate = nil }
            return state.updateGate
        }
        await gate?.pass()
        return try self.attempt { state in
            guard var user = state.users[id], changes.fit(user) else { return nil }
            if let email = changes.email { user.email = email }
            if let isActive = changes.isActive { user.isActive = isActive }
            if let permissions = changes.permissions { user.permissions = permissions }
            if let passwordHash = changes.passwordHash {
                user.passwordHash = passwordHash
                user.passwordGeneration += 1
                state.refreshTokens = state.refreshTokens.filter { $0.value.user != id }
                state.serviceTokens = state.serviceTokens.filter { $0.value.user != id }
            }
            state.users[id] = user
            return user
        }
    }

    func replacePasswordHash(of id: UserID, _ old: String, by new: String) async throws(StoreError) -> Bool {
        try self.attempt { state in
            guard state.users[id]?.passwordHash == old else { return false }
            state.users[id]?.passwordHash = new
            return true
        }
    }

    func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]? {
        try self.attempt { state in
            guard state.users.removeValue(forKey: id) != nil else { return nil }
            state.refreshTokens = state.refreshTokens.filter { $0.value.user != id }
            state.serviceTokens = state.serviceTokens.filter { $0.value.user != id }
            return []
        }
    }
}

// MARK: - DenyListStore

extension FakeStore {
    func denyToken(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(StoreError) {
        try self.attempt { $0.denied[jti] = expiresAt }
    }

    func isTokenDenied(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        let (isDenied, gate) = try self.attempt { state in
            defer { state.denyGate = nil }
            state.denyReads += 1
            return (state.denied[jti].map { now < $0 } ?? false, state.denyGate)
        }
        await gate?.pass()
        return isDenied
    }

    func deniedTokens(after entry: DeniedToken?, limit: Int) async throws(StoreError) -> [DeniedToken] {
        try self.attempt { state in
            let all = state.denied.map { DeniedToken(jti: $0.key, expiresAt: $0.value) }
            return Array(all.filter { entry?.precedes($0) ?? true }.sorted { $0.precedes($1) }.prefix(limit))
        }
    }

    func sweepDenyList(at now: Timestamp) async throws(StoreError) {
        try self.attempt { state in state.denied = state.denied.filter { now < $0.value } }
    }
}
