import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Signing in at identity providers (OpenID Connect): where browsers begin, where they come back to, and what they get.
enum OpenIDRoutes {
    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, "/auth/oidc/providers", asking: .open(maxBodyBytes: Self.maxBodyBytes), Self.list)
        routes.on(.get, "/auth/oidc/{provider}/login", asking: Self.counted(.login), Self.login)
        routes.on(
            .get,
            "/auth/oidc/{provider}/callback",
            asking: Self.counted(.devicePage),
            signsIn: .provider,
            Self.callback
        )
        routes.on(
            .post,
            SignInCookie.approvalPath,
            asking: Self.counted(.devicePage),
            audited: .init("device.approve"),
            Self.approve
        )
        routes.on(
            .post,
            "\(SignInCookie.path)/token",
            asking: Self.counted(.refresh),
            signsIn: .handover,
            Self.token
        )
    }

    /// Forms of this are short.
    private static let maxBodyBytes = 16 << 10

    private static func counted(_ rule: RateLimitRule) -> Admission { .counted(rule, maxBodyBytes: Self.maxBodyBytes) }

    @Sendable private static func list(_ call: RESTCall) async throws -> Reply {
        let providers = call.services.signIn.providers.all.map { provider in
            JSONTree.object([
                ("name", .text(provider.name)),
                ("display_name", .text(provider.displayName)),
                ("login_url", .text("\(SignInCookie.path)/\(provider.name)/login")),
            ])
        }
        return Reply(.ok, .list(providers))
    }

    // MARK: Beginning

    @Sendable private static func login(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard let provider = call.services.signIn.providers[call.parameter("provider")] else {
            return Reply(.notFound, detail: "No such identity provider")
        }
        var attempt = SignInAttempt(provider: provider.name, origin: call.publicOrigin)
        if let text = call.query.first("device_user_code"), !text.isEmpty {
            guard let code = UserCode(text), try await call.services.access.devices.request(code) != nil else {
                return DevicePages.notFound
            }
            // Nobody is led past the page that says what is approved.
            guard SameSite.isFollowedFromOwnPage(call.request.head) else {
                return self.redirect(to: "\(call.publicOrigin)\(DeviceRoutes.pagePath)?user_code=\(code)")
            }
            attempt.userCode = code
        } else if let text = call.query.first("next"), !text.isEmpty {
            guard let next = LocalPath(text) else {
                return Reply(.badRequest, detail: "next must be a path of this relay")
            }
            attempt.next = next.text
        }
        return try await self.begin(attempt, at: provider, call)
    }

    private static func begin(
        _ attempt: SignInAttempt,
        at provider: IdentityProvider,
        _ call: RESTCall
    ) async throws -> Reply {
        let step = try await call.services.access.signIns.begin(attempt)
        do throws(IssuerTrouble) {
            var reply = self.redirect(to: try await provider.authorization(step, origin: attempt.origin))
            SignInCookie(step).add(to: &reply, call)
            return reply
        } catch {
            call.services.logger.warning(
                "an identity provider is of no use now",
                metadata: ["provider": "\(provider.name)", "error": "\(error)"]
            )
            return Reply(.badGateway, detail: "The identity provider can't be reached")
        }
    }

    // MARK: Coming back

    @Sendable private static func callback(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard let provider = call.services.signIn.providers[call.parameter("provider")] else {
            return Reply(.notFound, detail: "No such identity provider")
        }
        // Whatever else it brings, what it brings is good once.
        guard let state = call.query.first("state"),
            let (attempt, secret) = try await call.services.access.signIns.finish(
                state,
                cookies: SignInCookie.values(call)
            )
        else {
            // Some providers refuse without saying what.
            return (call.query.first("error").map { SignInFailure.refused($0) } ?? .unknown).reply(call)
        }
        var reply = try await self.answer(attempt, secret, provider, call)
        SignInCookie.remove(of: state, from: &reply, call)
        return reply
    }

    private static func answer(
        _ attempt: SignInAttempt,
        _ secret: SignInSecret,
        _ provider: IdentityProvider,
        _ call: RESTCall
    ) async throws -> Reply {
        call.note?.note("provider", provider.name)
        if let error = call.query.first("error") { return SignInFailure.refused(error).reply(call) }
        guard attempt.provider == provider.name else { return SignInFailure.unknown.reply(call) }
        guard let code = call.query.first("code"), !code.isEmpty else { return SignInFailure.unknown.reply(call) }
        let person: FederatedPerson
        do throws(IssuerTrouble) {
            let issuer = call.query.first("iss")
            person = try await provider.person(code: code, issuer: issuer, secret, origin: attempt.origin, at: call.now)
        } catch {
            call.services.logger.warning(
                "a sign-in has failed",
                metadata: ["provider": "\(provider.name)", "address": "\(call.clientAddress)", "error": "\(error)"]
            )
            return SignInFailure.unproven.reply(call)
        }
        let user: User
        do throws(AccessError) {
            let found = try await call.services.access.federatedUsers.user(for: person, of: provider.name)
            user = found.user
            call.note?.note(user: user.id)
            if found.isNew { call.note?.noteNewUser() }
        } catch {
            guard let failure = SignInFailure(error) else { throw error }
            return failure.reply(call)
        }
        call.services.logger.info(
            "a user has signed in",
            metadata: ["provider": "\(provider.name)", "user": "\(user.id)", "address": "\(call.clientAddress)"]
        )
        return try await self.welcome(user, attempt, call)
    }

    private static func welcome(_ user: User, _ attempt: SignInAttempt, _ call: RESTCall) async throws -> Reply {
        let signIns = call.services.access.signIns
        if let code = attempt.userCode {
            guard let request = try await call.services.access.devices.request(code) else {
                return SignInFailure.deviceGone.reply(call)
            }
            let step = try await signIns.ask(user, about: code)
            var reply = DevicePages.consent(request, user, step, at: call.now)
            SignInCookie(step).add(to: &reply, call)
            return reply
        }
        guard let next = attempt.next else { return Reply(try signIns.accessToken(for: user)) }
        // No token is in an address: those are kept in histories. The page changes the code for tokens, once and with the cookie.
        let step = try await signIns.handOver(user)
        var reply = self.redirect(to: "\(attempt.origin)\(next)#sign_in=\(step.ticket)")
        SignInCookie(step).add(to: &reply, call)
        return reply
    }

    // MARK: Afterwards

    @Sendable private static func approve(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard SameSite.sent(call.request.head, own: call.services.signIn.publicURL) else { return DevicePages.foreign }
        var form = FormBody(try await call.body(), contentType: call.contentType)
        guard let ticket = form.required("approval") else { throw RequestError.invalid(form.issues) }
        let access = call.services.access
        guard let (user, code) = try await access.signIns.approval(ticket, cookies: SignInCookie.values(call)),
            let request = try await access.devices.request(code),
            try await access.devices.approve(code, for: user)
        else { return DevicePages.notFound }
        call.note?.note(user: user.id, isAdministrator: user.permissions.contains(.admin))
        call.note?.note("device_address", request.address)
        call.services.logger.info(
            "a user has let a device in",
            metadata: ["user": "\(user.id)", "address": "\(request.address)"]
        )
        return DevicePages.approved(request)
    }

    @Sendable private static func token(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        var form = FormBody(try await call.body(), contentType: call.contentType)
        guard let ticket = form.required("code") else { throw RequestError.invalid(form.issues) }
        guard SameSite.sent(call.request.head, own: call.services.signIn.publicURL),
            let pair = try await call.services.access.signIns.redeem(ticket, cookies: SignInCookie.values(call))
        else { return SignInFailure.unknown.reply(call) }
        return Reply(pair)
    }

    private static func redirect(to location: String) -> Reply {
        Reply(.found, headers: ["location": location, "cache-control": "no-store"], body: ByteBuffer())
    }
}

extension Reply {
    /// An access token alone, for whoever can keep nothing for longer than it lives.
    fileprivate init(_ issued: AccessTokens.Issued) {
        self.init(
            .ok,
            .object([
                ("access_token", .text(issued.text)),
                ("token_type", .text("bearer")),
                ("expires_in", .number(issued.expiresIn)),
                ("refresh_token", .null),
                ("refresh_token_secondary", .null),
            ])
        )
        self.headers.add(name: "cache-control", value: "no-store")
    }
}
