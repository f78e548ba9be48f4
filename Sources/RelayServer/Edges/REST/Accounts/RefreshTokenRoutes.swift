import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore

/// The caller's own sign-ins, its live refresh tokens; and, for administrators, those of others.
enum RefreshTokenRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, "/auth/sessions", Self.list)
        routes.on(.delete, "/auth/sessions/{jti}", audited: .init("signin.end", target: "jti"), Self.end)
        routes.on(.get, "/auth/users/{user_id}/sessions", asking: .caller(.admin), Self.listOfOther)
        routes.on(
            .delete,
            "/auth/users/{user_id}/sessions/{jti}",
            asking: .caller(.admin),
            audited: .init("signin.end", target: "jti"),
            Self.endOfOther
        )
    }

    @Sendable private static func list(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let tokens = try await call.services.access.refreshChains.sessions(of: caller.id)
        return Reply(.ok, .list(tokens.map(Self.tree)))
    }

    @Sendable private static func end(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        try await call.services.access.refreshChains.endSession(call.parameter("jti"), of: caller.id)
        return .noContent
    }

    @Sendable private static func listOfOther(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let user = try await call.services.access.users.user(UserID(call.parameter("user_id")))
        let tokens = try await call.services.access.refreshChains.sessions(of: user.id)
        return Reply(.ok, .list(tokens.map(Self.tree)))
    }

    @Sendable private static func endOfOther(_ call: RESTCall) async throws -> Reply {
        _ = try await call.caller()
        let user = try await call.services.access.users.user(UserID(call.parameter("user_id")))
        call.note?.note("of_user", user.id.rawValue)
        call.note?.note(targetName: user.username)
        try await call.services.access.refreshChains.endSession(call.parameter("jti"), of: user.id)
        return .noContent
    }

    private static func tree(_ token: RefreshToken) -> JSONTree {
        .object([
            ("jti", .text(token.jti)),
            ("issued_at", .moment(token.issuedAt)),
            ("expires_at", .moment(token.expiresAt)),
            ("last_used_at", .moment(token.lastUsedAt)),
            ("client_hint", .text(token.clientHint)),
        ])
    }
}
