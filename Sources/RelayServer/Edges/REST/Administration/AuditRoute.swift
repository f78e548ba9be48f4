import Foundation
import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `/api/v1/admin/audit`: what was done, newest first.
enum AuditRoute {
    static func add(to routes: inout RESTRoutes, _ trail: AuditTrail) {
        routes.on(.get, "/api/v1/admin/audit", asking: .caller(.admin), isList: true) {
            try await Self.list($0, trail)
        }
    }

    /// Which records are asked for; nil for any.
    private struct Filter {
        var user: UserID?
        var action: String?
        var target: String?
        var outcome: AuditRecord.Outcome?
        var since: Timestamp?
        var until: Timestamp?

        init(_ items: QueryItems) throws(RequestError) {
            func text(_ name: String) -> String? { items.first(name).flatMap { $0.isEmpty ? nil : $0 } }
            self.user = text("user_id").map { UserID($0) }
            self.action = text("action")
            self.target = text("target")
            self.since = try Self.moment(text("since"), "since")
            self.until = try Self.moment(text("until"), "until")
            guard let outcome = text("outcome") else { return }
            guard let known = AuditRecord.Outcome(rawValue: outcome) else {
                throw Self.invalid("outcome", "Input should be one of ok, refused, failed")
            }
            self.outcome = known
        }

        private static func moment(_ text: String?, _ name: String) throws(RequestError) -> Timestamp? {
            guard let text else { return nil }
            // In a query a plus is a blank.
            let sent = text.replacing(" ", with: "+")
            let styles = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
            guard let date = styles.lazy.compactMap({ try? $0.parse(sent) }).first,
                let microseconds = Int64(exactly: (date.timeIntervalSince1970 * 1_000_000).rounded())
            else { throw self.invalid(name, "Input should be a valid datetime") }
            return Timestamp(microseconds: microseconds)
        }

        private static func invalid(_ name: String, _ message: String) -> RequestError {
            .invalid([
                ValidationIssue(type: "value_error", location: [.name("query"), .name(name)], message: message)
            ])
        }

        func takes(_ record: AuditRecord) -> Bool {
            (self.user == nil || self.user == record.user)
                && (self.target == nil || self.target == record.target || self.target == record.targetName)
                && (self.outcome == nil || self.outcome == record.outcome)
                && (self.action.map { $0.hasSuffix(".") ? record.action.hasPrefix($0) : record.action == $0 } ?? true)
                && (self.until.map { record.at < $0 } ?? true)
        }
    }

    /// Records that are read from the store at once.
    private static let batch = 200

    private static func list(_ call: RESTCall, _ trail: AuditTrail) async throws -> Reply {
        _ = try await call.caller()
        let items = call.query
        let filter = try Filter(items)
        let query = try PageQuery(items)
        var last = try query.cursor.map { text throws(RequestError) in
            guard let place = AuditRecord.Place(cursor: text) else { throw PageQuery.badCursor }
            return place
        }
        // All that is older than the end that is asked for.
        if let until = filter.until, last == nil { last = AuditRecord.Place(at: until, id: "") }
        var page = ListPage(limit: query.limit)
        while true {
            try call.checkPresence()
            let records = try await Self.read(trail, last)
            guard !records.isEmpty else { return page.reply(next: nil) }
            for record in records {
                if let since = filter.since, record.at < since { return page.reply(next: nil) }
                guard page.room > 0 else { return page.reply(next: last?.cursor) }
                last = record.place
                guard filter.takes(record) else { continue }
                await call.services.lists.run { page.add(Self.tree(record)) }
            }
        }
    }

    private static func read(_ trail: AuditTrail, _ place: AuditRecord.Place?) async throws -> [AuditRecord] {
        do throws(StoreError) {
            return try await trail.records(before: place, limit: Self.batch)
        } catch {
            throw BrokerError.store(error)
        }
    }

    private static func tree(_ record: AuditRecord) -> JSONTree {
        let details = record.details.sorted { ExactText($0.key) < ExactText($1.key) }
        return .object([
            ("id", .text(record.id)),
            ("at", .moment(record.at)),
            ("node", .text(record.node)),
            ("user_id", .text(record.user?.rawValue)),
            ("username", .text(record.username)),
            ("address", .text(record.address)),
            ("action", .text(record.action)),
            ("target", .text(record.target)),
            ("target_name", .text(record.targetName)),
            ("outcome", .text(record.outcome.rawValue)),
            ("status", record.status.map { .number(Int64($0)) } ?? .null),
            ("details", .object(details.map { (name: $0.key, value: .text($0.value)) })),
        ])
    }
}

extension AuditRecord.Place {
    /// `<microseconds>-<id>`.
    fileprivate var cursor: String { "\(self.at.microseconds)-\(self.id)" }

    fileprivate init?(cursor: String) {
        let parts = cursor.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let microseconds = Int64(parts[0]) else { return nil }
        self.init(at: Timestamp(microseconds: microseconds), id: String(parts[1]))
    }
}
