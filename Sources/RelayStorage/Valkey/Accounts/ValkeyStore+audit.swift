public import RelayAccess
public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore: AuditStore {
    public func addAuditRecords(_ records: [AuditRecord], keeping most: Int) async throws(StoreError) {
        guard !records.isEmpty else { return }
        _ = try await self.run(
            AddAuditScript.script,
            keys: [self.layout.audit],
            [.init(max(1, most))] + records.map { .init($0.member) }
        )
    }

    public func auditRecords(
        before place: AuditRecord.Place?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        var end = place.map { "(\($0.start)" } ?? "+"
        while true {
            let members =
                (try await self.send(
                    "ZREVRANGEBYLEX",
                    self.layout.audit,
                    .init(end),
                    "-",
                    "LIMIT",
                    "0",
                    .init(max(0, limit))
                ).array ?? []).compactMap(\.text)
            let records = members.compactMap { member in
                self.readable("audit record \(member.prefix(AuditRecord.Place.digits + 17))") { () throws(StoreError) in
                    guard let record = AuditRecord(member: member) else {
                        throw StoreError(.corrupt, "this is no audit record")
                    }
                    return record
                }
            }
            // Only an empty page is the last.
            guard records.isEmpty, let last = members.last else { return records }
            end = "(\(last)"
        }
    }

    public func sweepAuditRecords(before moment: Timestamp) async throws(StoreError) {
        let end = AuditRecord.Place(at: moment, id: "").start
        _ = try await self.send("ZREMRANGEBYLEX", self.layout.audit, "-", .init("(\(end)"))
    }
}

extension AuditRecord.Place {
    fileprivate static let digits = 19

    /// With what a member begins: bytes in the order of places. A moment before 1970 counts as then.
    fileprivate var start: String {
        let moment = String(max(0, self.at.microseconds))
        return String(repeating: "0", count: Self.digits - moment.utf8.count) + "\(moment)-\(self.id)"
    }
}

extension AuditRecord {
    /// In a sorted set of one score: its place, a blank, and the rest.
    fileprivate var member: String { "\(self.place.start) \(self.storedText)" }

    /// - Returns: nil for a text that is no record's.
    fileprivate init?(member: String) {
        let parts = member.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let place = parts[0].split(separator: "-", maxSplits: 1)
        guard place.count == 2, let moment = Int64(place[0]) else { return nil }
        self.init(
            Place(at: Timestamp(microseconds: moment), id: String(place[1])),
            storedText: String(parts[1])
        )
    }
}
