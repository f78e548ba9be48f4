import NIOCore
public import RelayAccess
public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore: PendingStore {
    /// How long the server keeps a record beyond its life: relays decide by their own clocks, which differ from the server's.
    private static let clockDifferenceMilliseconds: Int64 = 60_000

    public func insertPending(
        _ record: PendingRecord,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> PendingInsertion {
        let life = max(0, record.expiresAt.microseconds - now.microseconds) / 1_000
        var fields: [ValkeyArgument] = [
            "value", .init(ByteBuffer(bytes: record.value)), "expires", .init(record.expiresAt.microseconds),
        ]
        if let alias = record.alias { fields += ["alias", .init(alias)] }
        let reply = try await self.run(
            InsertPendingScript.script,
            keys: self.keys(of: record),
            [
                .init(record.id), .init(record.expiresAt.microseconds), .init(now.microseconds), .init(limit),
                .init(life + Self.clockDifferenceMilliseconds), .init(record.alias == nil ? 0 : 1),
            ] + fields
        )
        switch reply.integer {
        case 1: return .stored
        case 0: return .taken
        case -1: return .full
        default: throw .unexpected("to a record that is to wait")
        }
    }

    public func pending(
        _ kind: PendingRecord.Kind,
        _ name: PendingName,
        at now: Timestamp
    ) async throws(StoreError) -> PendingRecord? {
        let id: String?
        switch name {
        case .id(let given): id = given
        case .alias(let alias): id = try await self.send("GET", self.layout.pendingAlias(kind, alias)).text
        }
        guard let id else { return nil }
        return try await self.records(kind, [id], at: now).first
    }

    /// They have no order of their own that could be gone on from: all ids are looked at for each page.
    public func pending(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord] {
        let reply = try await self.send("ZRANGEBYSCORE", self.layout.pendingIDs(kind), .init(now.microseconds), "+inf")
        let ids = (reply.array ?? []).compactMap(\.text)
        let rest = ids.filter { id in last.map { ExactText($0) < ExactText(id) } ?? true }
        let page = rest.sorted { ExactText($0) < ExactText($1) }.prefix(limit)
        return try await self.records(kind, Array(page), at: now)
    }

    /// What can't be read back is worth nothing: whoever waits begins anew.
    private func records(
        _ kind: PendingRecord.Kind,
        _ ids: [String],
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord] {
        let replies = try await self.send(
            "HGETALL",
            each: ids.map { self.layout.pending(kind, id: $0) },
            keepingWrongTypes: true
        )
        return zip(ids, replies).compactMap { id, reply in
            let record = self.readable("a \(kind) that waits") { () throws(StoreError) -> PendingRecord? in
                let fields = try HashFields(reply)
                guard !fields.isEmpty else { return nil }
                return PendingRecord(
                    kind: kind,
                    id: id,
                    alias: fields.text("alias"),
                    value: try fields.required(fields.bytes("value"), "value"),
                    expiresAt: try fields.required(fields.moment("expires"), "expires")
                )
            }
            return record.flatMap { now < $0.expiresAt ? $0 : nil }
        }
    }

    public func replacePending(_ record: PendingRecord, by value: [UInt8]) async throws(StoreError) -> Bool {
        let reply = try await self.run(
            ReplacePendingScript.script,
            keys: [self.layout.pending(record.kind, id: record.id)],
            [.init(ByteBuffer(bytes: record.value)), .init(ByteBuffer(bytes: value))]
        )
        return reply.integer == 1
    }

    public func takePending(_ record: PendingRecord) async throws(StoreError) -> Bool {
        let reply = try await self.run(
            TakePendingScript.script,
            keys: self.keys(of: record),
            [.init(ByteBuffer(bytes: record.value)), .init(record.id)]
        )
        return reply.integer == 1
    }

    /// The records themselves expire by the server's clock.
    public func sweepPending(at now: Timestamp) async throws(StoreError) {
        for kind in PendingRecord.Kind.allCases {
            _ = try await self.send(
                "ZREMRANGEBYSCORE",
                self.layout.pendingIDs(kind),
                "-inf",
                .init(now.microseconds)
            )
        }
    }

    /// The record, its alias, and all of its kind.
    private func keys(of record: PendingRecord) -> [String] {
        [
            self.layout.pending(record.kind, id: record.id),
            // Where it has no alias, a key that nobody writes.
            self.layout.pendingAlias(record.kind, record.alias ?? ""),
            self.layout.pendingIDs(record.kind),
        ]
    }
}
