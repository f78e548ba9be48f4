import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import RelayWire

/// `/api/v1/admin/topics`: the topics of the store, whoever owns them, of all kinds.
enum AllTopicsRoute {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(.get, "/api/v1/admin/topics", asking: .caller(.admin), isList: true) {
            try await Self.list($0, services)
        }
    }

    /// Topics that are read from the store at once.
    private static let batch = 200

    /// By key, which is a page's cursor.
    private static func list(_ call: RESTCall, _ services: AdministrationServices) async throws -> Reply {
        _ = try await call.caller()
        let items = call.query
        let query = try PageQuery(items)
        let owner = items.first("owner_id").flatMap { $0.isEmpty ? nil : UserID($0) }
        let prefix = items.first("prefix") ?? ""
        var last = query.cursor.map { TopicKey(storedText: $0) }
        var page = ListPage(limit: query.limit)
        var lastShown = last
        while true {
            try call.checkPresence()
            let read = try await call.services.broker.allTopics(after: last, limit: Self.batch)
            let wanted = read.filter { topic in
                (owner == nil || topic.record.owner == owner)
                    && topic.record.key.name.rawValue.utf8.starts(with: prefix.utf8)
            }
            let shown = Array(wanted.prefix(page.room))
            let readers = try await services.loops.readers(of: shown.map(\.record.key), call.services.broker)
            let isFull = await call.services.lists.run {
                for (topic, readers) in zip(shown, readers) {
                    guard page.room > 0 else { return true }
                    page.add(Self.tree(topic, TopicFigures(topic, readers: readers, call.services.broker)))
                    lastShown = topic.record.key
                }
                return shown.count < wanted.count
            }
            if isFull { return page.reply(next: lastShown?.description) }
            last = read.last?.record.key
            guard read.count == Self.batch else { return page.reply(next: nil) }
        }
    }

    private static func tree(_ topic: StoredTopic, _ figures: TopicFigures) -> JSONTree {
        let record = topic.record
        let described: [(name: String, value: JSONTree)] = [
            ("topic_id", .text(record.id)),
            ("topic_name", .text(record.key.name.rawValue)),
            ("namespace", .text(record.key.namespace?.rawValue)),
            ("owner_id", .text(record.owner.rawValue)),
            ("is_public", .flag(record.isPublic)),
            ("created_at", .moment(record.createdAt)),
            ("description", .text(record.description)),
            ("durability", .text(DurabilitySetting(record.durability).text)),
            ("anonymous", .text(record.anonymous.rawValue)),
            ("kind", .text(record.kind)),
        ]
        return .object(described + figures.members)
    }
}
