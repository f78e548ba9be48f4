public import RelayAccess
public import RelayCore
public import RelayWire
import Synchronization

extension MemoryStore: UserStore {
    public func createUser(_ user: User) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.create(user) }
    }

    public func user(_ id: UserID) async throws(StoreError) -> User? {
        try self.checkOpen()
        return self.accounts.withLock { $0.user(id) }
    }

    public func user(named username: String) async throws(StoreError) -> User? {
        try self.checkOpen()
        return self.accounts.withLock { $0.user(named: username) }
    }

    public func users(after user: UserPlace?, limit: Int) async throws(StoreError) -> [User] {
        try self.checkOpen()
        let all = self.accounts.withLock { $0.all }
        return Array(all.filter { user?.precedes($0.place) ?? true }.prefix(max(0, limit)))
    }

    public func userCounts() async throws(StoreError) -> UserCounts {
        try self.checkOpen()
        return self.accounts.withLock { $0.counts }
    }

    public func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User? {
        try self.checkOpen()
        return self.accounts.withLock { $0.update(id, changes) }
    }

    public func replacePasswordHash(
        of id: UserID,
        _ old: String,
        by new: String
    ) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.replacePasswordHash(of: id, old, by: new) }
    }

    public func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]? {
        try self.checkOpen()
        return self.accounts.withLock { accounts in
            guard accounts.delete(id) else { return nil }
            return self.topicTable.withLock { $0.removeGrants(of: id) }
        }
    }
}

extension MemoryStore: RefreshTokenStore {
    public func insertRefreshToken(_ token: RefreshToken, generation: Int64) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.insert(token, generation: generation) }
    }

    public func rotateRefreshToken(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome {
        try self.checkOpen()
        return self.accounts.withLock { $0.refreshTokens.rotate(attempt) }
    }

    public func refreshToken(_ jti: String) async throws(StoreError) -> RefreshToken? {
        try self.checkOpen()
        return self.accounts.withLock { $0.refreshTokens.token(jti) }
    }

    public func liveRefreshTokens(of user: UserID, at now: Timestamp) async throws(StoreError) -> [RefreshToken] {
        try self.checkOpen()
        return self.accounts.withLock { $0.refreshTokens.live(of: user, at: now) }
    }

    public func revokeRefreshToken(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.refreshTokens.revoke(jti, at: now) }
    }

    public func revokeRefreshChain(_ chain: String, at now: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.accounts.withLock { $0.refreshTokens.revokeChain(chain, at: now) }
    }

    public func sweepRefreshTokens(at now: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.accounts.withLock { $0.refreshTokens.sweep(at: now) }
    }
}

extension MemoryStore: DenyListStore {
    public func denyToken(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.accounts.withLock { $0.deny(jti, until: expiresAt) }
    }

    public func isTokenDenied(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.isDenied(jti, at: now) }
    }

    public func sweepDenyList(at now: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.accounts.withLock { $0.sweepDenied(at: now) }
    }
}
