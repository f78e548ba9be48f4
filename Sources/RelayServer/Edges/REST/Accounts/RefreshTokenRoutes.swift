import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore

/// The caller's own sign-ins: its live refresh tokens.
enum RefreshTokenRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, "/auth/sessions", Self.list)
        routes.on(.delete, "/auth/sessions/{jti}", Self.end)
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
