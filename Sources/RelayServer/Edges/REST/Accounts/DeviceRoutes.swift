import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Letting devices in that can't take a password (RFC 8628): what devices ask, and the pages on which people decide.
enum DeviceRoutes {
    static let pagePath = "/auth/device"

    static func add(to routes: inout RESTRoutes) {
        routes.on(.post, "/auth/device/code", asking: self.counted(.deviceCode), Self.begin)
        routes.on(.post, "/auth/device/token", asking: self.counted(.deviceToken), signsIn: .device, Self.answer)
        routes.on(.get, Self.pagePath, asking: self.counted(.devicePage), self.onPage(Self.show))
        routes.on(
            .post,
            Self.pagePath,
            asking: self.counted(.devicePage),
            audited: .init("device.approve"),
            signsIn: .password,
            self.onPage(Self.approve)
        )
        routes.on(.post, "\(Self.pagePath)/deny", asking: self.counted(.devicePage), Self.deny)
        SignInPage.addStyle(to: &routes)
    }

    private static func counted(_ rule: RateLimitRule) -> Admission {
        .counted(rule, maxBodyBytes: 16 << 10)
    }

    private static let grantType = "urn:ietf:params:oauth:grant-type:device_code"

    // MARK: What devices ask

    @Sendable private static func begin(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard call.services.signIn.letsDevicesIn else { return self.refusal("device_authorization_unavailable") }
        var form = FormBody(try await call.body(), contentType: call.contentType)
        let wantsPair = form.flag("pair") ?? false
        guard form.issues.isEmpty else { throw RequestError.invalid(form.issues) }
        let device = try await call.services.access.devices.begin(
            clientHint: form.optional("client_hint"),
            address: call.clientAddress,
            wantsPair: wantsPair
        )
        let page = "\(call.publicOrigin)\(Self.pagePath)"
        var reply = Reply(
            .ok,
            .object([
                ("device_code", .text(device.deviceCode)),
                ("user_code", .text(device.userCode.description)),
                ("verification_uri", .text(page)),
                ("verification_uri_complete", .text("\(page)?user_code=\(device.userCode)")),
                ("expires_in", .number(device.expiresIn)),
                ("interval", .number(device.interval)),
            ])
        )
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }

    @Sendable private static func answer(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        var form = FormBody(try await call.body(), contentType: call.contentType)
        let grantType = form.required("grant_type")
        let deviceCode = form.required("device_code")
        guard let grantType, let deviceCode else { throw RequestError.invalid(form.issues) }
        guard grantType == Self.grantType else { return self.refusal("unsupported_grant_type") }
        switch try await call.services.access.devices.answer(deviceCode) {
        case .tokens(let pair): return Reply(pair)
        case .pending: return self.refusal("authorization_pending")
        case .slowDown: return self.refusal("slow_down")
        case .denied: return self.refusal("access_denied", call)
        case .expired: return self.refusal("expired_token", call)
        }
    }

    /// That is the end of it.
    private static func refusal(_ code: String, _ call: RESTCall) -> Reply {
        call.note?.note(signIn: .refused)
        return self.refusal(code)
    }

    /// As RFC 6749 (5.2) has it.
    private static func refusal(_ code: String) -> Reply {
        var reply = Reply(.badRequest, .object([("error", .text(code))]))
        reply.headers.add(name: "cache-control", value: "no-store")
        return reply
    }

    // MARK: Where people decide

    @Sendable private static func show(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard call.services.signIn.letsDevicesIn else { return DevicePages.unavailable }
        guard let text = call.query.first("user_code"), !text.isEmpty else { return DevicePages.prompt }
        guard let request = try await self.request(text, call) else { return DevicePages.notFound }
        return DevicePages.question(request, call.services.signIn, at: call.now)
    }

    /// By the user's password. A guess costs as much as at a log-in, and is counted as one.
    @Sendable private static func approve(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard call.services.signIn.takesPasswords else { return DevicePages.unavailable }
        guard self.isOwn(call) else { return DevicePages.foreign }
        let form = FormBody(try await call.body(), contentType: call.contentType)
        guard let request = try await self.request(form.optional("user_code"), call) else {
            return DevicePages.notFound
        }
        guard let username = form.optional("username"), let password = form.optional("password") else {
            return DevicePages.question(request, call.services.signIn, at: call.now, problem: .incomplete)
        }
        let access = call.services.access
        let user: User
        do throws(AccessError) {
            try await call.count(.login)
            user = try await access.logins.user(named: username, password: password)
        } catch {
            guard let problem = DevicePages.Problem(error) else { throw error }
            return DevicePages.question(request, call.services.signIn, at: call.now, problem: problem)
        }
        call.note?.note(user: user.id, isAdministrator: user.permissions.contains(.admin))
        call.note?.note("device_address", request.address)
        guard try await access.devices.approve(request.userCode, for: user) else { return DevicePages.notFound }
        call.logger.info(
            "a user has let a device in",
            metadata: ["user": "\(user.id)", "address": "\(request.address)"]
        )
        return DevicePages.approved(request)
    }

    @Sendable private static func deny(_ call: RESTCall) async throws -> Reply {
        try await call.count()
        guard self.isOwn(call) else { return DevicePages.foreign }
        var form = FormBody(try await call.body(), contentType: call.contentType)
        guard let text = form.required("user_code") else { throw RequestError.invalid(form.issues) }
        let isKnown =
            if let code = UserCode(text) { try await call.services.access.devices.deny(code) } else { false }
        let isPage = call.request.headers[.accept]?.contains("text/html") ?? false
        switch (isKnown, isPage) {
        case (true, true): return DevicePages.denied
        case (true, false): return Reply(.ok, .object([("status", .text("denied"))]))
        case (false, true): return DevicePages.notFound
        case (false, false): return Reply(.notFound, detail: "user code not found")
        }
    }

    private static func request(_ text: String?, _ call: RESTCall) async throws(AccessError) -> DeviceRequest? {
        guard let code = text.flatMap({ UserCode($0) }) else { return nil }
        return try await call.services.access.devices.request(code)
    }

    /// Has people see a page in their browsers where their address has asked too often.
    private static func onPage(
        _ handle: @escaping @Sendable (RESTCall) async throws -> Reply
    ) -> @Sendable (RESTCall) async throws -> Reply {
        { call in
            do {
                return try await handle(call)
            } catch let error as AccessError {
                guard let page = Self.refusal(error, of: Self.pagePath[...]) else { throw error }
                return page
            }
        }
    }

    /// The same for what is refused before its body has come.
    ///
    /// - Returns: nil for another path than the page's, and for another refusal.
    static func refusal(_ error: AccessError, of path: Substring) -> Reply? {
        guard path == Self.pagePath, case .rateLimited(_, let seconds) = error.code else { return nil }
        return DevicePages.tooManyRequests(seconds)
    }

    private static func isOwn(_ call: RESTCall) -> Bool {
        SameSite.sent(call.request.head, own: call.services.signIn.publicURL)
    }
}

extension RESTCall {
    /// Where browsers reach the relay, without a slash at the end: as configured, else by the name that this request has.
    var publicOrigin: String {
        if let configured = self.services.signIn.publicURL { return configured.origin }
        guard let host = self.reachedHost else { return "http://localhost" }
        return "\(host.isSecure ? "https" : "http")://\(host.authority)"
    }
}
