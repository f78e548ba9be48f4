import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Getting tokens, and giving them back.
enum LoginRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.post, "/auth/login", asking: .counted(.login, maxBodyBytes: Self.maxBodyBytes), Self.login)
        routes.on(.post, "/auth/logout", Self.logout)
        routes.on(
            .post,
            "/auth/token/refresh",
            asking: .counted(.refresh, maxBodyBytes: Self.maxBodyBytes),
            Self.refresh
        )
        routes.on(.post, "/auth/token/revoke", asking: .open(maxBodyBytes: Self.maxBodyBytes), Self.revoke)
    }

    /// Clients without a token send no more, in bytes: a password or a refresh token is all that such a body holds.
    private static let maxBodyBytes = 16 << 10

    @Sendable private static func login(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        var form = FormBody(try await call.body(), contentType: call.contentType)
        let username = form.required("username")
        let password = form.required("password")
        if let type = form.optional("grant_type"), type != "password" {
            form.add("string_pattern_mismatch", "grant_type", "String should match pattern '^password$'")
        }
        guard let username, let password, form.issues.isEmpty else { throw RequestError.invalid(form.issues) }
        return Self.reply(try await call.services.access.logins.login(username: username, password: password))
    }

    @Sendable private static func logout(_ call: RESTCall) async throws -> Reply {
        try await call.services.access.logout.logout(try await call.session())
        return .noContent
    }

    @Sendable private static func refresh(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        let token = try await call.fields(["refresh_token"]) { $0.requiredText("refresh_token") }
        return Self.reply(try await call.services.access.refreshChains.refresh(token))
    }

    @Sendable private static func revoke(_ call: RESTCall) async throws -> Reply {
        let (token, wholeChain) = try await call.fields(["refresh_token", "revoke_chain"]) { fields in
            let wholeChain = fields.flag("revoke_chain") ?? false
            return fields.requiredText("refresh_token").map { ($0, wholeChain) }
        }
        try await call.services.access.refreshChains.revoke(token, wholeChain: wholeChain)
        return .noContent
    }

    private static func reply(_ pair: TokenPair) -> Reply {
        var reply = Reply(
            .ok,
            .object([
                ("access_token", .text(pair.accessToken)),
                ("token_type", .text("bearer")),
                ("expires_in", .number(pair.expiresIn)),
                ("refresh_token", .text(pair.refreshToken)),
                ("refresh_token_secondary", .null),
            ])
        )
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }
}
