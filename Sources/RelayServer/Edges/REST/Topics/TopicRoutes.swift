import HTTPTypes
import NIOHTTP1
import RelayCore
import RelayWire

/// Topics themselves.
enum TopicRoutes {
    /// In Unicode code points.
    private static let longestDescription = 500

    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(
            .post,
            "/api/v1/topics",
            asking: .caller(.write),
            audited: .init("topic.create"),
            Self.create
        )
        routes.on(.get, "/api/v1/topics", isList: true) { try await Self.list($0, services) }
        routes.on(.get, "/api/v1/topics/stats", asking: .caller(.admin), Self.statistics)
        routes.on(.get, "/api/v1/topics/{topic_name}", Self.show)
        routes.on(
            .put,
            "/api/v1/topics/{topic_name}",
            audited: .init("topic.change", target: "topic_name"),
            Self.update
        )
        routes.on(
            .delete,
            "/api/v1/topics/{topic_name}",
            audited: .init("topic.delete", target: "topic_name"),
            Self.delete
        )
    }

    @Sendable private static func create(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let offered = call.services.broker.durabilities
        let wanted = try await call.fields(["topic_name"] + Self.changeable) { fields in
            let changes = Self.changes(&fields, offered)
            return fields.requiredTopic("topic_name").map { (name: $0, changes: changes) }
        }
        call.note?.note(target: wanted.name)
        guard let key = call.services.broker.catalog.key(ofPath: wanted.name, for: caller.id) else {
            throw RequestError.invalidTopicName(at: [.name("body"), .name("topic_name")])
        }
        do throws(BrokerError) {
            let topic = try await call.services.broker.createTopic(
                key,
                isPublic: wanted.changes.isPublic ?? false,
                description: wanted.changes.description,
                durability: wanted.changes.durability?.durability,
                anonymous: wanted.changes.anonymous ?? .none,
                by: caller
            )
            return Reply(.created, Self.tree(topic, for: caller))
        } catch {
            throw TopicPath.refusal(error, wanted.name)
        }
    }

    /// Topics that are read from the store at once.
    private static let batch = 200

    /// What the caller owns or was granted, by name. Nothing of a namespace that its names can't reach. A page's cursor is its last name.
    /// `?figures=true`: with ``TopicFigures``.
    private static func list(_ call: RESTCall, _ services: AdministrationServices) async throws -> Reply {
        let caller = try await call.caller()
        let catalog = call.services.broker.catalog
        let query = try PageQuery(call.query)
        var last: TopicKey?
        if let cursor = query.cursor {
            guard let key = catalog.key(ofPath: cursor, for: caller.id) else { throw PageQuery.badCursor }
            last = key
        }
        var page = ListPage(limit: query.limit)
        var lastShown: TopicName?
        let wantsFigures = call.query.first("figures") == "true"
        while true {
            try call.checkPresence()
            let topics = try await call.services.broker.topics(of: caller.id, after: last, limit: Self.batch)
            let broker = call.services.broker
            let readers = wantsFigures ? try await services.loops.readers(of: topics.map(\.record.key), broker) : []
            let isFull = await call.services.lists.run {
                for (place, topic) in topics.enumerated()
                where topic.record.key == catalog.key(of: topic.record.key.name, for: caller.id) {
                    guard page.room > 0 else { return true }
                    let figures = wantsFigures ? TopicFigures(topic, readers: readers[place], broker) : nil
                    page.add(Self.tree(topic, for: caller, figures))
                    lastShown = topic.record.key.name
                }
                return false
            }
            if isFull { return page.reply(next: lastShown?.rawValue) }
            last = topics.last?.record.key
            guard topics.count == Self.batch else { return page.reply(next: nil) }
        }
    }

    @Sendable private static func statistics(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let counts = try await call.services.broker.topicCounts()
        return Reply(
            .ok,
            .object([
                ("total_topics", .number(Int64(counts.total))),
                ("public_topics", .number(Int64(counts.publicTopics))),
                ("private_topics", .number(Int64(counts.total - counts.publicTopics))),
            ])
        )
    }

    @Sendable private static func show(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let topic = try await TopicPath(call, for: caller).asking { (key) throws(BrokerError) in
            try await call.services.broker.storedTopic(key, for: .inspect, as: caller)
        }
        return Reply(.ok, Self.tree(topic, for: caller))
    }

    @Sendable private static func update(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let offered = call.services.broker.durabilities
        let changes = try await call.fields(Self.changeable) { Self.changes(&$0, offered) }
        if let isPublic = changes.isPublic { call.note?.note("is_public", "\(isPublic)") }
        if let anonymous = changes.anonymous { call.note?.note("anonymous", anonymous.rawValue) }
        let topic = try await TopicPath(call, for: caller).asking { (key) throws(BrokerError) in
            try await call.services.broker.updateTopic(key, changes, as: caller)
        }
        return Reply(.ok, Self.tree(topic, for: caller))
    }

    @Sendable private static func delete(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        try await TopicPath(call, for: caller).asking { (key) throws(BrokerError) in
            try await call.services.broker.deleteTopic(key, as: caller)
        }
        return .noContent
    }

    private static let changeable = ["is_public", "description", "durability", "anonymous"]

    /// - Parameter offered: what the durability may be, besides the relay's own setting.
    private static func changes(_ fields: inout RequestFields, _ offered: [Durability]) -> TopicChanges {
        let settings = [DurabilitySetting.ofRelay] + offered.map(DurabilitySetting.own)
        let durability = fields.choice("durability", of: settings.map(\.text))
        return TopicChanges(
            isPublic: fields.flag("is_public"),
            description: fields.text("description", upTo: Self.longestDescription),
            durability: durability.flatMap { name in settings.first { $0.text == name } },
            anonymous: fields.choice("anonymous", of: AnonymousAccess.allCases.map(\.rawValue))
                .flatMap(AnonymousAccess.init(rawValue:))
        )
    }

    /// - Parameter caller: who was granted is shown to the owner only, not even to administrators.
    private static func tree(_ topic: StoredTopic, for caller: Principal, _ figures: TopicFigures? = nil) -> JSONTree {
        let record = topic.record
        let isOwner = record.owner == caller.id
        let members: [(name: String, value: JSONTree)] = [
            ("topic_id", .text(record.id)),
            ("topic_name", .text(record.key.name.rawValue)),
            ("owner_id", .text(record.owner.rawValue)),
            ("is_public", .flag(record.isPublic)),
            ("created_at", .moment(record.createdAt)),
            ("description", .text(record.description)),
            ("durability", .text(DurabilitySetting(record.durability).text)),
            ("anonymous", .text(record.anonymous.rawValue)),
            ("allowed_user_ids", isOwner ? .texts(topic.grants.map(\.user.rawValue)) : .null),
        ]
        return .object(members + (figures?.members ?? []))
    }
}
