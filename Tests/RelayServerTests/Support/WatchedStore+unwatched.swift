import RelayAccess
import RelayCore
import RelayStorage
import RelayWire

extension WatchedStore: RefreshTokenStore {
    func insertRefreshToken(_ token: RefreshToken, generation: Int64) async throws(StoreError) -> Bool {
        try await self.store.insertRefreshToken(token, generation: generation)
    }

    func rotateRefreshToken(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome {
        try await self.store.rotateRefreshToken(attempt)
    }

    func refreshToken(_ jti: String) async throws(StoreError) -> RefreshToken? {
        try await self.store.refreshToken(jti)
    }

    func liveRefreshTokens(of user: UserID, at now: Timestamp) async throws(StoreError) -> [RefreshToken] {
        try await self.store.liveRefreshTokens(of: user, at: now)
    }

    func refreshTokens(
        of user: UserID,
        after jti: String?,
        limit: Int
    ) async throws(StoreError) -> [RefreshToken] {
        try await self.store.refreshTokens(of: user, after: jti, limit: limit)
    }

    func revokeRefreshToken(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try await self.store.revokeRefreshToken(jti, at: now)
    }

    func revokeRefreshChain(_ chain: String, at now: Timestamp) async throws(StoreError) {
        try await self.store.revokeRefreshChain(chain, at: now)
    }

    func sweepRefreshTokens(at now: Timestamp) async throws(StoreError) {
        try await self.store.sweepRefreshTokens(at: now)
    }
}

extension WatchedStore: PendingStore {
    func insertPending(
        _ record: PendingRecord,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> PendingInsertion {
        try await self.store.insertPending(record, at: now, limit: limit)
    }

    func pending(
        _ kind: PendingRecord.Kind,
        _ name: PendingName,
        at now: Timestamp
    ) async throws(StoreError) -> PendingRecord? {
        try await self.store.pending(kind, name, at: now)
    }

    func pending(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord] {
        try await self.store.pending(kind, after: last, limit: limit, at: now)
    }

    func replacePending(_ record: PendingRecord, by value: [UInt8]) async throws(StoreError) -> Bool {
        try await self.store.replacePending(record, by: value)
    }

    func takePending(_ record: PendingRecord) async throws(StoreError) -> Bool {
        try await self.store.takePending(record)
    }

    func sweepPending(at now: Timestamp) async throws(StoreError) { try await self.store.sweepPending(at: now) }
}

extension WatchedStore: AuditStore {
    func addAuditRecords(_ records: [AuditRecord], keeping most: Int) async throws(StoreError) {
        try await self.store.addAuditRecords(records, keeping: most)
    }

    func auditRecords(before place: AuditRecord.Place?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await self.store.auditRecords(before: place, limit: limit)
    }

    func sweepAuditRecords(before moment: Timestamp) async throws(StoreError) {
        try await self.store.sweepAuditRecords(before: moment)
    }
}
