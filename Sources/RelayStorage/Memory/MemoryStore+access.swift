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

    public func user(of identity: FederatedIdentity) async throws(StoreError) -> User? {
        try self.checkOpen()
        return self.accounts.withLock { $0.user(of: identity) }
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
            return self.topicTable.withLock { table in
                table.readers.removeAll(of: id)
                return table.removeGrants(of: id)
            }
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

    public func refreshTokens(
        of user: UserID,
        after jti: String?,
        limit: Int
    ) async throws(StoreError) -> [RefreshToken] {
        try self.checkOpen()
        return self.accounts.withLock { $0.refreshTokens.page(of: user, after: jti, limit: limit) }
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

    public func deniedTokens(after entry: DeniedToken?, limit: Int) async throws(StoreError) -> [DeniedToken] {
        try self.checkOpen()
        let all = self.accounts.withLock { $0.deniedTokens }
        let rest = all.filter { entry?.precedes($0) ?? true }.sorted { $0.precedes($1) }
        return Array(rest.prefix(max(0, limit)))
    }

    public func sweepDenyList(at now: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.accounts.withLock { $0.sweepDenied(at: now) }
    }
}

extension MemoryStore: PendingStore {
    public func insertPending(
        _ record: PendingRecord,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> PendingInsertion {
        try self.checkOpen()
        return self.pending.withLock { $0.insert(record, at: now, limit: limit) }
    }

    public func pending(
        _ kind: PendingRecord.Kind,
        _ name: PendingName,
        at now: Timestamp
    ) async throws(StoreError) -> PendingRecord? {
        try self.checkOpen()
        return self.pending.withLock { $0.record(kind, name, at: now) }
    }

    public func pending(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord] {
        try self.checkOpen()
        return self.pending.withLock { $0.records(kind, after: last, limit: limit, at: now) }
    }

    public func replacePending(_ record: PendingRecord, by value: [UInt8]) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.pending.withLock { $0.replace(record, by: value) }
    }

    public func takePending(_ record: PendingRecord) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.pending.withLock { $0.take(record) }
    }

    public func sweepPending(at now: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.pending.withLock { $0.sweep(at: now) }
    }
}

extension MemoryStore: ServiceTokenStore {
    public func insertServiceToken(
        _ token: ServiceToken,
        generation: Int64,
        most: Int
    ) async throws(StoreError) -> ServiceTokenInsertion {
        try self.checkOpen()
        return self.accounts.withLock { $0.insert(token, generation: generation, most: most) }
    }

    public func serviceToken(_ id: String) async throws(StoreError) -> ServiceToken? {
        try self.checkOpen()
        return self.accounts.withLock { $0.serviceTokens.token(id) }
    }

    public func serviceTokens(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(StoreError) -> [ServiceToken] {
        try self.checkOpen()
        let table = self.accounts.withLock { $0.serviceTokens }
        return table.list(of: user, after: place, limit: limit)
    }

    public func removeServiceToken(_ id: String) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.serviceTokens.remove(id) }
    }

    public func sweepServiceTokens(at now: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.accounts.withLock { $0.serviceTokens.sweep(at: now) }
    }
}
