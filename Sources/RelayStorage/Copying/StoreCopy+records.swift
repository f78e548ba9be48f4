import RelayAccess
import RelayCore
import RelayWire

/// What stands by itself: the audit log, and what waits for somebody.
extension StoreCopy {
    /// All that the source keeps of it, whatever the relay on the target will keep.
    func copyAuditLog() async throws {
        var last: AuditRecord.Place?
        while true {
            try Task.checkCancellation()
            let page = try await self.source.auditRecords(before: last, limit: Self.page)
            guard let end = page.last else { return }
            try await self.target.addAuditRecords(page, keeping: Self.mostAuditRecords)
            self.tally.count { $0.auditRecords += page.count }
            last = end.place
        }
    }

    /// More than any relay keeps.
    private static let mostAuditRecords = 1 << 30

    /// Devices that wait to be let in, and people who are signing in.
    func copyPending() async throws {
        for kind in PendingRecord.Kind.allCases where kind != .copy {
            var last: String?
            while true {
                try Task.checkCancellation()
                let page = try await self.source.pending(kind, after: last, limit: Self.page, at: self.now)
                guard let end = page.last else { break }
                for record in page { try await self.copy(record) }
                self.tally.count { $0.waiting += page.count }
                last = end.id
            }
        }
    }

    private func copy(_ record: PendingRecord) async throws {
        guard try await self.target.insertPending(record, at: self.now, limit: .max) != .stored else { return }
        guard try await self.target.pending(record.kind, .id(record.id), at: self.now) == record else {
            throw CopyFailure.differs("a \(record.kind) that waits")
        }
    }
}
