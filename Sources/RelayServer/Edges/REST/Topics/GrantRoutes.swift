import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Who else may use a topic. Only where topic names are global: elsewhere nothing is shared.
enum GrantRoutes {
    /// Whom to grant; the id wins where both are given.
    private struct Wanted {
        let id: String?
        let username: String?
    }

    static func add(to routes: inout RESTRoutes) {
        routes.on(
            .post,
            "/api/v1/topics/{topic_name}/permissions",
            audited: .init("grant.give", target: "topic_name"),
            Self.grant
        )
        routes.on(.get, "/api/v1/topics/{topic_name}/permissions", isList: true, Self.list)
        routes.on(
            .delete,
            "/api/v1/topics/{topic_name}/permissions/{user_id}",
            audited: .init("grant.revoke", target: "topic_name"),
            Self.revoke
        )
    }

    /// The topic is looked at before the user, so that who may not manage it learns nothing of users.
    @Sendable private static func grant(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let wanted = try await call.fields(["user_id", "username"]) { fields in
            Wanted(id: fields.text("user_id"), username: fields.text("username"))
        }
        let path = try TopicPath(call, for: caller)
        _ = try await path.asking { (key) throws(BrokerError) in
            try await call.services.broker.storedTopic(key, for: .manage, as: caller)
        }
        let user = try await Self.user(wanted, call)
        call.note?.note("of_user", user.id.rawValue)
        call.note?.note("of_username", user.username)
        let grant = try await path.asking { (key) throws(BrokerError) in
            try await call.services.broker.grant(user.id, on: key, as: caller)
        }
        guard let grant else {
            throw RESTRefusal(Reply(.badRequest, detail: "User already has access to this topic"))
        }
        return Reply(.created, Self.tree(grant, path, username: user.username))
    }

    @Sendable private static func list(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let path = try TopicPath(call, for: caller)
        let topic = try await path.asking { (key) throws(BrokerError) in
            try await call.services.broker.storedTopic(key, for: .manage, as: caller)
        }
        let query = try PageQuery(call.query)
        var page = ListPage(limit: query.limit)
        var last = query.cursor
        // By the user's id, which is a page's cursor.
        for grant in topic.grants where last?.utf8.lexicographicallyPrecedes(grant.user.rawValue.utf8) ?? true {
            guard page.room > 0 else { return page.reply(next: last) }
            last = grant.user.rawValue
            try call.checkPresence()
            // A user that was deleted since the topic was read has no grant any more. One that can't be read back is left out, as in the
            // list of users.
            guard let user = try await Self.readable(grant.user, call) else { continue }
            await call.services.lists.run { page.add(Self.tree(grant, path, username: user.username)) }
        }
        return page.reply(next: nil)
    }

    @Sendable private static func revoke(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let user = UserID(call.parameter("user_id"))
        call.note?.note("of_user", user.rawValue)
        let existed = try await TopicPath(call, for: caller).asking { (key) throws(BrokerError) in
            try await call.services.broker.revokeGrant(of: user, on: key, as: caller)
        }
        if let username = await call.user(user)?.username { call.note?.note("of_username", username) }
        guard existed else {
            throw RESTRefusal(Reply(.notFound, detail: "User does not have access to this topic"))
        }
        return .noContent
    }

    // MARK: Users

    private static func user(_ wanted: Wanted, _ call: RESTCall) async throws -> User {
        let found: User?
        if let id = wanted.id {
            found = try await Self.find(UserID(id), call)
        } else if let username = wanted.username {
            found = try await call.services.access.users.user(named: username)
        } else {
            throw RESTRefusal(Reply(.badRequest, detail: "Either user_id or username must be provided"))
        }
        guard let found else { throw RESTRefusal(Reply(.notFound, detail: "User not found")) }
        return found
    }

    private static func find(_ id: UserID, _ call: RESTCall) async throws(AccessError) -> User? {
        do throws(AccessError) {
            return try await call.services.access.users.user(id)
        } catch {
            guard case .noSuchUser = error.code else { throw error }
            return nil
        }
    }

    /// Nil also where the user's record can't be read back.
    private static func readable(_ id: UserID, _ call: RESTCall) async throws(AccessError) -> User? {
        do throws(AccessError) {
            return try await Self.find(id, call)
        } catch {
            guard error.isUnreadable else { throw error }
            return nil
        }
    }

    private static func tree(_ grant: Grant, _ path: TopicPath, username: String) -> JSONTree {
        .object([
            ("topic_name", .text(path.text)),
            ("user_id", .text(grant.user.rawValue)),
            ("username", .text(username)),
            ("granted_at", .moment(grant.grantedAt)),
        ])
    }
}
