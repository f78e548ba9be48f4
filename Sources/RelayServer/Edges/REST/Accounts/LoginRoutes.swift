import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Getting tokens, and giving them back.
enum LoginRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(
            .post,
            "/auth/login",
            asking: .counted(.login, maxBodyBytes: Self.maxBodyBytes),
            signsIn: .password,
            Self.login
        )
        routes.on(.post, "/auth/logout", Self.logout)
        routes.on(
            .post,
            "/auth/token/refresh",
            asking: .counted(.refresh, maxBodyBytes: Self.maxBodyBytes),
            signsIn: .refresh,
            Self.refresh
        )
        routes.on(
            .post,
            "/auth/password",
            asking: .caller([], maxBodyBytes: Self.maxBodyBytes),
            audited: .init("password.change"),
            Self.changePassword
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
        let pair = try await call.services.access.logins.login(username: username, password: password)
        call.note?.note(user: pair.user)
        return Reply(pair)
    }

    @Sendable private static func logout(_ call: RESTCall) async throws -> Reply {
        try await call.services.access.logout.logout(try await call.session())
        return .noContent
    }

    /// A guess at the old password costs as much as at a log-in, and is counted as one.
    @Sendable private static func changePassword(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        try await call.count(.login)
        let (old, new) = try await call.fields(["old_password", "new_password"]) { fields in
            let old = fields.requiredText("old_password")
            let new = fields.requiredText("new_password")
            return old.flatMap { old in new.map { (old, $0) } }
        }
        return Reply(try await call.services.access.passwords.change(of: caller.id, from: old, to: new))
    }

    @Sendable private static func refresh(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        let token = try await call.fields(["refresh_token"]) { $0.requiredText("refresh_token") }
        return Reply(try await call.services.access.refreshChains.refresh(token))
    }

    @Sendable private static func revoke(_ call: RESTCall) async throws -> Reply {
        let (token, wholeChain) = try await call.fields(["refresh_token", "revoke_chain"]) { fields in
            let wholeChain = fields.flag("revoke_chain") ?? false
            return fields.requiredText("refresh_token").map { ($0, wholeChain) }
        }
        try await call.services.access.refreshChains.revoke(token, wholeChain: wholeChain)
        return .noContent
    }
}

extension Reply {
    /// Tokens, for whoever has earned them.
    init(_ pair: TokenPair) {
        self.init(
            .ok,
            .object([
                ("access_token", .text(pair.accessToken)),
                ("token_type", .text("bearer")),
                ("expires_in", .number(pair.expiresIn)),
                ("refresh_token", .text(pair.refreshToken)),
                ("refresh_token_secondary", .text(pair.secondRefreshToken)),
            ])
        )
        self.headers.add(name: "cache-control", value: "no-store")
    }
}
