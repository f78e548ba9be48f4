import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Webhooks: who is told of what by signed POSTs.
enum WebhookRoutes {
    private static let all = "/api/v1/webhooks"
    private static let one = "/api/v1/webhooks/{webhook_id}"

    static func add(to routes: inout RESTRoutes, _ edge: WebhookEdge) {
        routes.on(.post, Self.all, asking: .caller(.read), audited: .init("webhook.create")) {
            try await Self.create($0, edge)
        }
        routes.on(.get, Self.all, isList: true) { try await Self.list($0, edge) }
        routes.on(.get, Self.one) { call in
            let caller = try await call.caller()
            let webhook = try await edge.webhooks.webhook(call.parameter("webhook_id"), for: caller)
            return Reply(.ok, .object(Self.members(of: webhook)))
        }
        routes.on(.post, Self.one + "/pause", audited: Self.audited("pause")) {
            let webhook = try await edge.webhooks.pause($0.parameter("webhook_id"), by: try await $0.caller())
            $0.note?.note(targetName: Self.name(of: webhook))
            edge.keeper.changed()
            return Reply(.ok, .object(Self.members(of: webhook)))
        }
        routes.on(.post, Self.one + "/revive", audited: Self.audited("revive")) {
            let (session, caller) = (try await $0.session(), try await $0.caller())
            let webhook = try await edge.webhooks.revive($0.parameter("webhook_id"), by: caller, in: session)
            $0.note?.note(targetName: Self.name(of: webhook))
            edge.keeper.changed()
            return Reply(.ok, .object(Self.members(of: webhook)))
        }
        routes.on(.delete, Self.one, audited: Self.audited("delete")) { call in
            let caller = try await call.caller()
            let webhook = try await edge.webhooks.remove(call.parameter("webhook_id"), by: caller)
            call.note?.note(targetName: Self.name(of: webhook))
            await edge.keeper.forget(webhook)
            edge.keeper.changed()
            return .noContent
        }
    }

    private static func audited(_ act: String) -> AuditedRoute { AuditedRoute("webhook.\(act)", target: "webhook_id") }

    /// What its user calls it, else what it is for. Its URL may be a secret.
    private static func name(of webhook: StoredWebhook) -> String {
        if let label = webhook.definition.label { return label }
        return switch webhook.definition.target {
        case .topic(let name): name
        case .prefix(let start): "\(start)*"
        }
    }

    // MARK: Making one

    private struct Wanted {
        let url: String
        let topic: String?
        let prefix: String?
        let events: [String]?
        let label: String?
    }

    private static let names = ["url", "topic", "prefix", "events", "label"]

    @Sendable private static func create(_ call: RESTCall, _ edge: WebhookEdge) async throws -> Reply {
        let (session, caller) = (try await call.session(), try await call.caller())
        let wanted = try await call.fields(Self.names) { fields -> Wanted? in
            let (topic, prefix, events, label) = (
                fields.text("topic"), fields.text("prefix"), fields.texts("events"), fields.text("label")
            )
            guard let url = fields.requiredText("url") else { return nil }
            return Wanted(url: url, topic: topic, prefix: prefix, events: events, label: label)
        }
        let target = try Self.target(wanted, call.services.broker.catalog, for: caller.id)
        let events = try Self.events(wanted.events)
        guard let address = WebhookAddress(wanted.url) else {
            throw Self.invalid("url", "Input should be a URL of http or https without a username, a password or a '#'")
        }
        try await Self.checkReach(target, of: caller, call)
        let webhook = try await edge.webhooks.create(
            target,
            events: events,
            url: address.description,
            label: wanted.label,
            in: session
        )
        call.note?.note(target: webhook.id)
        call.note?.note(targetName: Self.name(of: webhook))
        do {
            if !events.isDisjoint(with: WebhookEvent.streamed) { try await edge.keeper.stand(webhook, as: caller) }
        } catch {
            _ = try await edge.webhooks.remove(webhook.id, by: caller)
            throw error
        }
        edge.keeper.changed()
        let secret: [(name: String, value: JSONTree)] = [("secret", .text(webhook.definition.secret))]
        var reply = Reply(.created, .object(secret + Self.members(of: webhook)))
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }

    private static func target(
        _ wanted: Wanted,
        _ catalog: TopicCatalog,
        for user: UserID
    ) throws(RequestError) -> WebhookTarget {
        switch (wanted.topic, wanted.prefix) {
        case (let topic?, nil):
            guard let name = WebhookTopics.name(topic, in: catalog, for: user) else {
                throw Self.invalid("topic", "No topic that a webhook tells of has such a name")
            }
            return .topic(name)
        case (nil, let prefix?):
            guard WebhookTopics.isPrefix(prefix) else {
                throw Self.invalid("prefix", "No topic that a webhook tells of has such a name")
            }
            return .prefix(prefix)
        case (nil, nil), (_?, _?):
            throw Self.invalid("topic", "Input should have either 'topic' or 'prefix'")
        }
    }

    private static func events(_ names: [String]?) throws(RequestError) -> Set<WebhookEvent> {
        guard let names else { return [.message] }
        let events = names.compactMap { WebhookEvent(rawValue: $0) }
        guard !events.isEmpty, events.count == names.count else {
            let all = WebhookEvent.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw Self.invalid("events", "Input should be a list of some of \(all)")
        }
        return Set(events)
    }

    /// A topic that is there has to be the caller's to read. One that is not may come to be.
    private static func checkReach(_ target: WebhookTarget, of caller: Principal, _ call: RESTCall) async throws {
        guard case .topic(let name) = target,
            let key = call.services.broker.catalog.key(ofPath: name, for: caller.id)
        else { return }
        do throws(BrokerError) {
            _ = try await call.services.broker.storedTopic(key, for: .read, as: caller)
        } catch {
            guard case .missing = error else { throw TopicPath.refusal(error, name) }
        }
    }

    private static func invalid(_ field: String, _ message: String) -> RequestError {
        .invalid([
            ValidationIssue(type: "value_error", location: [.name("body"), .name(field)], message: message)
        ])
    }

    // MARK: Listing and changing

    /// Webhooks that are read from the store at once.
    private static let batch = 100

    @Sendable private static func list(_ call: RESTCall, _ edge: WebhookEdge) async throws -> Reply {
        let owner = try await call.listedOwner()
        let query = try PageQuery(call.query)
        var last = query.cursor
        var page = ListPage(limit: query.limit)
        while true {
            try call.checkPresence()
            let webhooks = try await edge.webhooks.list(of: owner, after: last, limit: Self.batch)
            guard !webhooks.isEmpty else { return page.reply(next: nil) }
            for webhook in webhooks {
                guard page.room > 0 else { return page.reply(next: last) }
                last = webhook.id
                await call.services.lists.run { page.add(.object(Self.members(of: webhook))) }
            }
        }
    }

    private static func members(of webhook: StoredWebhook) -> [(name: String, value: JSONTree)] {
        let (definition, health) = (webhook.definition, webhook.health)
        var (topic, prefix): (String?, String?)
        switch definition.target {
        case .topic(let name): topic = name
        case .prefix(let start): prefix = start
        }
        return [
            ("id", .text(webhook.id)),
            ("user_id", .text(webhook.user.rawValue)),
            ("label", .text(definition.label)),
            ("topic", .text(topic)),
            ("prefix", .text(prefix)),
            ("events", .texts(definition.events.map(\.rawValue).sorted())),
            ("url", .text(definition.url)),
            ("state", .text(Self.state(of: webhook))),
            ("failing_since", .moment(health.failingSince)),
            ("dead_since", .moment(health.death?.at)),
            ("dead_reason", .text(health.death?.reason)),
            ("paused_reason", .text(health.pauseReason)),
            ("last_outcome", .text(health.last?.text)),
            ("last_outcome_at", .moment(health.last?.at)),
            ("last_succeeded", health.last.map { JSONTree.flag($0.isSuccess) } ?? .null),
            ("lag", .number(Int64(health.lag))),
            ("topics_left_out", .number(Int64(health.topicsLeftOut))),
            ("created_at", .moment(webhook.createdAt)),
        ]
    }

    private static func state(of webhook: StoredWebhook) -> String {
        if webhook.health.death != nil { return "dead" }
        if webhook.isPaused || webhook.health.pauseReason != nil { return "paused" }
        return webhook.health.failingSince == nil ? "active" : "failing"
    }
}
