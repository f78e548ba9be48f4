import HTTPTypes
import Logging
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// The caller itself, and, for administrators, all users.
enum UserRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, "/auth/me", Self.me)
        routes.on(.post, "/auth/register", asking: .caller(.admin), audited: .init("user.create"), Self.register)
        routes.on(.get, "/auth/users", asking: .caller(.admin), isList: true, Self.list)
        routes.on(.get, "/auth/users/stats", asking: .caller(.admin), Self.statistics)
        routes.on(
            .patch,
            "/auth/users/{user_id}",
            asking: .caller(.admin),
            audited: .init("user.change", target: "user_id"),
            Self.update
        )
        routes.on(
            .delete,
            "/auth/users/{user_id}",
            asking: .caller(.admin),
            audited: .init("user.delete", target: "user_id"),
            Self.delete
        )
    }

    @Sendable private static func me(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        var user: User
        do throws(AccessError) {
            user = try await call.services.access.users.user(caller.id)
        } catch {
            // It was deleted since its token was looked at.
            guard case .noSuchUser = error.code else { throw error }
            throw AccessError(.userNotFound)
        }
        // Another issuer's token says what may be done with it; the user's own are none of that.
        user.permissions = caller.permissions
        return try await Self.reply(.ok, user, call)
    }

    @Sendable private static func register(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let names = ["username", "password", "email", "permissions"]
        let registration = try await call.fields(names) { fields -> UserRegistration? in
            let username = fields.requiredText("username")
            let password = fields.requiredText("password")
            let email = fields.text("email")
            let permissions = fields.texts("permissions") ?? []
            guard let username, let password else { return nil }
            return UserRegistration(username: username, password: password, email: email, permissions: permissions)
        }
        call.note?.note("username", registration.username)
        let user = try await call.services.access.users.register(registration)
        call.note?.note(target: user.id.rawValue)
        call.note?.note(targetName: user.username)
        call.note?.note("permissions", user.permissions.names.joined(separator: ","))
        return try await Self.reply(.created, user, call)
    }

    /// Users that are read from the store at once.
    private static let batch = 100

    @Sendable private static func list(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let query = try PageQuery(call.query)
        var last: UserPlace?
        if let cursor = query.cursor {
            guard let place = UserPlace(cursor: cursor) else { throw PageQuery.badCursor }
            last = place
        }
        var page = ListPage(limit: query.limit)
        while true {
            try call.checkPresence()
            let users = try await call.services.access.users.users(after: last, limit: Self.batch)
            for user in users {
                guard page.room > 0 else { return page.reply(next: last?.cursor) }
                try call.checkPresence()
                let tree = try await Self.tree(user, call, topics: Self.topicsInList)
                await call.services.lists.run { page.add(tree) }
                last = user.place
            }
            guard users.count == Self.batch else { return page.reply(next: nil) }
        }
    }

    @Sendable private static func statistics(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let counts = try await call.services.access.users.counts()
        return Reply(
            .ok,
            .object([("total_users", .number(Int64(counts.total))), ("active_users", .number(Int64(counts.active)))])
        )
    }

    @Sendable private static func update(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let patch = try await call.fields(["email", "password", "permissions", "is_active"]) { fields in
            UserPatch(
                email: fields.contains("email") ? .some(fields.text("email")) : .none,
                password: fields.text("password"),
                permissions: fields.texts("permissions"),
                isActive: fields.flag("is_active")
            )
        }
        if let permissions = patch.permissions { call.note?.note("permissions", permissions.joined(separator: ",")) }
        if let isActive = patch.isActive { call.note?.note("is_active", "\(isActive)") }
        if patch.password != nil { call.note?.note("password", "changed") }
        let user = try await call.services.access.users.update(UserID(call.parameter("user_id")), patch)
        call.note?.note(targetName: user.username)
        return try await Self.reply(.ok, user, call)
    }

    @Sendable private static func delete(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let id = UserID(call.parameter("user_id"))
        call.note?.note(targetName: await call.user(id)?.username)
        let topics = try await call.services.access.users.delete(id, by: caller.id)
        do {
            try await call.services.broker.topicsChanged(topics)
        } catch {
            // The user is gone all the same, and a live list that still names it lets nobody in.
            call.logger.warning(
                "topics still list a deleted user",
                metadata: ["user": "\(id)", "error": "\(error)"]
            )
        }
        return .noContent
    }

    // MARK: Replies

    private static func reply(_ status: HTTPResponseStatus, _ user: User, _ call: RESTCall) async throws -> Reply {
        Reply(status, try await Self.tree(user, call, topics: Self.topicsOfOne))
    }

    /// How many of a user's topics are named: where one user is shown, and in a list. All are in the list of topics.
    private static let topicsOfOne = 1_000
    private static let topicsInList = 100

    private static func tree(_ user: User, _ call: RESTCall, topics limit: Int) async throws -> JSONTree {
        let topics = try await call.services.broker.topicNames(ownedBy: user.id, limit: limit + 1)
        let isCut: [(name: String, value: JSONTree)] =
            topics.count > limit ? [("owned_topics_truncated", .flag(true))] : []
        return .object(
            [
                ("user_id", .text(user.id.rawValue)),
                ("username", .text(user.username)),
                ("email", .text(user.email)),
                ("is_active", .flag(user.isActive)),
                ("created_at", .moment(user.createdAt)),
                ("permissions", .texts(user.permissions.names)),
                ("owned_topics", .texts(Array(topics.prefix(limit)))),
            ] + isCut
        )
    }
}

extension UserPlace {
    /// `<microseconds>-<id>`.
    fileprivate var cursor: String { "\(self.createdAt.microseconds)-\(self.id)" }

    fileprivate init?(cursor: String) {
        let parts = cursor.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let microseconds = Int64(parts[0]) else { return nil }
        self.init(createdAt: Timestamp(microseconds: microseconds), id: UserID(String(parts[1])))
    }
}
