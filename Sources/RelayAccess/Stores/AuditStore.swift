public import RelayCore
public import RelayWire

/// The audit log: what was done, in order of time, for all relays that share the store.
public protocol AuditStore: Sendable {
    /// Adds records; of those that go beyond `most`, the oldest go. One atomic step. A record that is there already stays as it is.
    ///
    /// - Parameters:
    ///   - records: at most a few hundred.
    ///   - most: how many are kept in all, at least 1.
    func addAuditRecords(_ records: [AuditRecord], keeping most: Int) async throws(StoreError)

    /// Records, newest first, at most `limit`, older than `place` where one is given. What can't be read back is left out, so only an empty
    /// page is the last.
    func auditRecords(before place: AuditRecord.Place?, limit: Int) async throws(StoreError) -> [AuditRecord]

    /// Forgets those of before `moment`.
    func sweepAuditRecords(before moment: Timestamp) async throws(StoreError)
}
