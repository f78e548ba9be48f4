import RelayAccess
import RelayCore
import RelayWire

/// What waits for somebody: a value, owned by its store's lock.
struct PendingTable {
    private struct Group {
        var records: [String: PendingRecord] = [:]
        var ids: [String: String] = [:]

        mutating func remove(_ record: PendingRecord) {
            self.records[record.id] = nil
            if let alias = record.alias { self.ids[alias] = nil }
        }

        mutating func sweep(at now: Timestamp) {
            for record in self.records.values where record.expiresAt <= now { self.remove(record) }
        }
    }

    private var groups: [PendingRecord.Kind: Group] = [:]

    mutating func insert(_ record: PendingRecord, at now: Timestamp, limit: Int) -> PendingInsertion {
        var group = self.groups[record.kind] ?? Group()
        defer { self.groups[record.kind] = group }
        group.sweep(at: now)
        guard group.records.count < limit else { return .full }
        guard group.records[record.id] == nil, record.alias.map({ group.ids[$0] == nil }) ?? true else {
            return .taken
        }
        group.records[record.id] = record
        if let alias = record.alias { group.ids[alias] = record.id }
        return .stored
    }

    func records(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) -> [PendingRecord] {
        let live = (self.groups[kind]?.records ?? [:]).values.filter { now < $0.expiresAt }
        let rest = live.filter { record in last.map { ExactText($0) < ExactText(record.id) } ?? true }
        return Array(rest.sorted { ExactText($0.id) < ExactText($1.id) }.prefix(limit))
    }

    func record(_ kind: PendingRecord.Kind, _ name: PendingName, at now: Timestamp) -> PendingRecord? {
        guard let group = self.groups[kind] else { return nil }
        let id: String? =
            switch name {
            case .id(let id): id
            case .alias(let alias): group.ids[alias]
            }
        guard let record = id.flatMap({ group.records[$0] }), now < record.expiresAt else { return nil }
        return record
    }

    mutating func replace(_ record: PendingRecord, by value: [UInt8]) -> Bool {
        guard let stored = self.groups[record.kind]?.records[record.id], stored.value == record.value else {
            return false
        }
        self.groups[record.kind]?.records[record.id] = PendingRecord(
            kind: stored.kind,
            id: stored.id,
            alias: stored.alias,
            value: value,
            expiresAt: stored.expiresAt
        )
        return true
    }

    mutating func take(_ record: PendingRecord) -> Bool {
        guard let stored = self.groups[record.kind]?.records[record.id], stored.value == record.value else {
            return false
        }
        self.groups[record.kind]?.remove(stored)
        return true
    }

    mutating func sweep(at now: Timestamp) {
        for kind in self.groups.keys { self.groups[kind]?.sweep(at: now) }
    }
}
