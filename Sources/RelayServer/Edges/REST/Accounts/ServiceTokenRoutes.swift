import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Service tokens: what a user hands to others so that they act for the user, on some topics.
enum ServiceTokenRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.post, "/auth/tokens", audited: .init("token.issue"), Self.issue)
        routes.on(.get, "/auth/tokens", isList: true, Self.list)
        routes.on(
            .delete,
            "/auth/tokens/{token_id}",
            audited: .init("token.revoke", target: "token_id"),
            Self.revoke
        )
    }

    private struct Wanted {
        let label: String?
        let topics: [String]
        let prefixes: [String]
        let permissions: [String]?
        let peer: String?
        let lifetime: Int64?
    }

    private static let names = ["label", "topics", "prefixes", "permissions", "peer_id", "expires_in"]

    @Sendable private static func issue(_ call: RESTCall) async throws -> Reply {
        let session = try await call.session()
        let caller = try await call.caller()
        let wanted = try await call.fields(Self.names) { fields in
            Wanted(
                label: fields.text("label"),
                topics: fields.texts("topics") ?? [],
                prefixes: fields.texts("prefixes") ?? [],
                permissions: fields.texts("permissions"),
                peer: fields.text("peer_id"),
                lifetime: fields.integer("expires_in", in: 1...Int(Int32.max)).map(Int64.init)
            )
        }
        let scoped = ScopedNames(call.services.broker.catalog, for: caller.id)
        let draft = try ServiceTokenDraft(
            label: wanted.label,
            topics: try scoped.topics(wanted.topics),
            prefixes: try scoped.prefixes(wanted.prefixes),
            permissions: wanted.permissions,
            peer: wanted.peer,
            lifetime: wanted.lifetime
        )
        try await Self.checkTopics(draft.scope.reach.topics, of: caller, call)
        let issued = try await call.services.access.serviceTokens.issue(draft, for: session)
        call.note?.note(target: issued.token.id)
        call.note?.note(targetName: issued.token.label)
        var reply = Reply(
            .created,
            .object(
                [
                    ("token", .text(issued.text)),
                    ("token_type", .text("bearer")),
                    ("expires_in", .number(issued.expiresIn)),
                ] + Self.members(of: issued.token)
            )
        )
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }

    /// A topic that is there has to be the caller's to manage. One that is not may come to be: see ``TopicBehavior/decision(on:_:_:by:)``.
    private static func checkTopics(_ names: Set<TopicName>, of caller: Principal, _ call: RESTCall) async throws {
        for name in names.sorted(by: { ExactText($0.rawValue) < ExactText($1.rawValue) }) {
            try call.checkPresence()
            let key = call.services.broker.catalog.key(of: name, for: caller.id)
            do throws(BrokerError) {
                _ = try await call.services.broker.storedTopic(key, for: .manage, as: caller)
            } catch {
                guard case .missing = error else { throw TopicPath.refusal(error, name.rawValue) }
            }
        }
    }

    /// Tokens that are read from the store at once.
    private static let batch = 100

    /// With what a form for another one wants to know.
    @Sendable private static func list(_ call: RESTCall) async throws -> Reply {
        var reply = try await Self.page(call)
        let longest = call.services.access.serviceTokens.longestLife
        reply.headers.add(name: "x-max-expires-in", value: String(longest))
        return reply
    }

    private static func page(_ call: RESTCall) async throws -> Reply {
        let owner = try await call.listedOwner()
        let query = try PageQuery(call.query)
        var last: ServiceTokenPlace?
        if let cursor = query.cursor {
            guard let place = ServiceTokenPlace(cursor: cursor) else { throw PageQuery.badCursor }
            last = place
        }
        var page = ListPage(limit: query.limit)
        while true {
            try call.checkPresence()
            let tokens = try await call.services.access.serviceTokens.list(of: owner, after: last, limit: Self.batch)
            guard !tokens.isEmpty else { return page.reply(next: nil) }
            for token in tokens {
                guard page.room > 0 else { return page.reply(next: last?.cursor) }
                last = token.place
                // It stays until it is swept, and is worth nothing.
                guard call.now < token.expiresAt else { continue }
                await call.services.lists.run { page.add(.object(Self.members(of: token))) }
            }
        }
    }

    @Sendable private static func revoke(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let token = try await call.services.access.serviceTokens.revoke(call.parameter("token_id"), by: caller)
        call.note?.note(targetName: token.label)
        return .noContent
    }

    private static func members(of token: ServiceToken) -> [(name: String, value: JSONTree)] {
        let reach = token.scope.reach
        return [
            ("id", .text(token.id)),
            ("user_id", .text(token.user.rawValue)),
            ("label", .text(token.label)),
            ("topics", .texts(reach.topics.map(\.rawValue).sorted { ExactText($0) < ExactText($1) })),
            ("prefixes", .texts(reach.prefixes)),
            ("permissions", .texts(token.scope.permissions.names)),
            ("peer_id", .text(token.scope.peer)),
            ("created_at", .moment(token.createdAt)),
            ("expires_at", .moment(token.expiresAt)),
        ]
    }
}

extension ServiceTokenPlace {
    /// `<microseconds>-<id>`.
    fileprivate var cursor: String { "\(self.createdAt.microseconds)-\(self.id)" }

    fileprivate init?(cursor: String) {
        let parts = cursor.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let microseconds = Int64(parts[0]) else { return nil }
        self.init(createdAt: Timestamp(microseconds: microseconds), id: String(parts[1]))
    }
}
