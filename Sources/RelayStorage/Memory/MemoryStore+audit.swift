public import RelayAccess
public import RelayCore
public import RelayWire
import Synchronization

extension MemoryStore: AuditStore {
    public func addAuditRecords(_ records: [AuditRecord], keeping most: Int) async throws(StoreError) {
        try self.checkOpen()
        self.audit.withLock { $0.add(records, keeping: most) }
    }

    public func auditRecords(
        before place: AuditRecord.Place?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        try self.checkOpen()
        return self.audit.withLock { $0.list(before: place, limit: limit) }
    }

    public func sweepAuditRecords(before moment: Timestamp) async throws(StoreError) {
        try self.checkOpen()
        self.audit.withLock { $0.sweep(before: moment) }
    }
}
