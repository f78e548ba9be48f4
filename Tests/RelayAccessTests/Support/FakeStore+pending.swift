import RelayAccess
import RelayCore
import RelayWire

extension FakeStore {
    func insertPending(
        _ record: PendingRecord,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> PendingInsertion {
        try self.attempt { state in
            state.pending = state.pending.filter { now < $0.value.expiresAt }
            let others = state.pending.values.filter { $0.kind == record.kind }
            guard others.count < limit else { return .full }
            let isTaken = others.contains { other in
                other.id == record.id || (record.alias != nil && other.alias == record.alias)
            }
            guard !isTaken else { return .taken }
            state.pending[record.id] = record
            return .stored
        }
    }

    func pending(
        _ kind: PendingRecord.Kind,
        _ name: PendingName,
        at now: Timestamp
    ) async throws(StoreError) -> PendingRecord? {
        try self.attempt { state in
            state.pending.values.first { record in
                guard record.kind == kind, now < record.expiresAt else { return false }
                return switch name {
                case .id(let id): record.id == id
                case .alias(let alias): record.alias == alias
                }
            }
        }
    }

    func pending(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord] {
        try self.attempt { state in
            let all = state.pending.values.filter { $0.kind == kind && now < $0.expiresAt && $0.id > last ?? "" }
            return Array(all.sorted { $0.id < $1.id }.prefix(limit))
        }
    }

    func replacePending(_ record: PendingRecord, by value: [UInt8]) async throws(StoreError) -> Bool {
        await self.passPending()
        return try self.attempt { state in
            guard state.pending[record.id]?.value == record.value else { return false }
            state.pending[record.id] = PendingRecord(
                kind: record.kind,
                id: record.id,
                alias: record.alias,
                value: value,
                expiresAt: record.expiresAt
            )
            return true
        }
    }

    func takePending(_ record: PendingRecord) async throws(StoreError) -> Bool {
        await self.passPending()
        return try self.attempt { state in
            guard state.pending[record.id]?.value == record.value else { return false }
            state.pending[record.id] = nil
            return true
        }
    }

    func sweepPending(at now: Timestamp) async throws(StoreError) {
        try self.attempt { state in state.pending = state.pending.filter { now < $0.value.expiresAt } }
    }

    private func passPending() async {
        let before = self.edit { state in
            defer { state.beforePending = nil }
            return state.beforePending
        }
        await before?()
    }
}
