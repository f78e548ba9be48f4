import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// One request at its route, and what the route may do with it.
struct RESTCall: Sendable {
    let request: Request
    let context: RelayRequestContext
    let services: RESTServices
    /// What its route asks.
    let admission: Admission
    /// What its route notes; nil where its requests are neither recorded in the audit log nor counted as sign-ins.
    let note: AuditNote?

    var now: Timestamp { self.services.broker.clock.now() }

    /// Whose lines say which request they are about.
    var logger: Logger {
        var logger = self.services.logger
        for (name, value) in self.context.names { logger[metadataKey: name] = value }
        return logger
    }

    /// To be called before each read of what takes several.
    ///
    /// - Throws: where the client has left, a refusal that nobody gets.
    func checkPresence() throws(RESTRefusal) {
        guard self.context.presence.hasLeft else { return }
        throw RESTRefusal(
            Reply(.custom(code: 499, reasonPhrase: "Client Closed Request"), detail: "The client has left")
        )
    }

    // MARK: What was sent

    /// The body: complete, and no larger than the relay takes.
    func body() async throws -> ByteBuffer {
        var most = self.services.maxBodyBytes
        if case .caller(_, let maxBodyBytes?) = self.admission { most = maxBodyBytes }
        return try await self.request.body.collect(upTo: most)
    }

    /// The fields of a JSON body, whatever content type it was sent with.
    func fields<Fields>(
        _ names: [String],
        _ make: (inout RequestFields) -> Fields?
    ) async throws -> Fields {
        try RequestFields.decode(try await self.body(), names: names, make)
    }

    /// The value of `Content-Type`.
    var contentType: String? { self.request.headers[.contentType] }

    /// A segment of the path, as sent: percent escapes are not decoded, so what needs them names nothing.
    func parameter(_ name: String) -> String {
        self.context.parameters.get(name) ?? ""
    }

    /// The query's items, decoded.
    var query: QueryItems { QueryItems(Substring(self.request.uri.query ?? "")) }

    /// The name and port under which the client has reached the relay, and whether by TLS; nil where it doesn't say.
    var reachedHost: (authority: String, isSecure: Bool)? {
        guard let authority = self.request.head.authority, !authority.isEmpty else { return nil }
        let forwarded = HTTPField.Name("X-Forwarded-Proto").flatMap { self.request.headers[$0] }
        return (authority, (forwarded ?? self.request.head.scheme) == "https")
    }

    // MARK: Who asks

    /// Where the client is, as far as trusted proxies say it.
    var clientAddress: String {
        self.services.clients.address(peer: self.context.remoteAddress, forwardedFor: self.forwardedFor)
    }

    private var forwardedFor: [String] {
        HTTPField.Name("X-Forwarded-For").map { self.request.headers[values: $0] } ?? []
    }

    /// The session of the request's token, an account's. Throws what is wrong with it; a ticket is no account.
    func session() async throws(AccessError) -> Session {
        let session = try await self.tokenSession()
        guard session.peer == nil else { throw AccessError(.accountRequired) }
        return session
    }

    /// The session of the request's token, which may be a ticket. A service token opens no route here.
    private func tokenSession() async throws(AccessError) -> Session {
        guard let header = self.request.headers[values: .authorization].first else {
            throw AccessError(.notAuthenticated)
        }
        let authenticator = self.services.access.authenticator
        let session: Session
        switch authenticator.cached(authorization: header, at: self.now) {
        case .session(let known): session = known
        case .refused(let error): throw error
        case nil: session = try await authenticator.authenticate(authorization: header, at: self.now)
        }
        guard session.scope == nil else { throw AccessError(.limitedToken) }
        guard session.key != nil, session.key != self.context.proven?.key else { return session }
        let request = ProvenRequest(
            method: self.context.method,
            path: self.context.path,
            proofs: HTTPField.Name("DPoP").map { self.request.headers[values: $0] } ?? [],
            token: BearerToken.token(inAuthorization: header)
        )
        try await authenticator.prove(session, by: request)
        return session
    }

    /// The caller, an account that holds what the route asks for.
    func caller() async throws(AccessError) -> Principal {
        try self.principal(of: try await self.session())
    }

    /// The caller, an account or who holds a ticket.
    func member() async throws(AccessError) -> Principal {
        try self.principal(of: try await self.tokenSession())
    }

    /// The same, and when what its token opens ends.
    func memberAndEnd() async throws(AccessError) -> (Principal, Timestamp) {
        let session = try await self.tokenSession()
        return (try self.principal(of: session), session.expiresAt)
    }

    /// - Returns: nil where no token was sent.
    func memberIfNamed() async throws(AccessError) -> Principal? {
        guard !self.request.headers[values: .authorization].isEmpty else { return nil }
        return try await self.member()
    }

    private func principal(of session: Session) throws(AccessError) -> Principal {
        self.note?.note(user: session.account.id)
        let principal = try session.principal(at: self.now)
        self.note?.note(user: principal.id, isAdministrator: principal.isAdmin)
        guard case .caller(let permissions, _) = self.admission else { return principal }
        return try session.principal(at: self.now, requiring: permissions)
    }

    /// Counts the request against the client's address, if its route counts and has not done so before the body came. Throws `rateLimited`.
    func count() async throws(AccessError) {
        guard case .counted(let rule, _) = self.admission, !self.context.isCounted else { return }
        try await self.count(rule)
    }

    /// Counts the request against its client's address by another rule than its route's. Throws `rateLimited`.
    func count(_ rule: RateLimitRule) async throws(AccessError) {
        try await self.services.count(rule, peer: self.context.remoteAddress, forwardedFor: self.forwardedFor)
    }
}
