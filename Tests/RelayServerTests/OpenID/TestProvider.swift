import Crypto
import Foundation
import NIOHTTP1
import NIOSSL
import Synchronization
import Testing

/// An identity provider that does as it is told, on a port of its own: what it says is made by the specifications, and not by the relay's code.
final class TestProvider: Sendable {
    static let client = "relay-client"
    static let password = "a secret: of the client's %"

    struct State: Sendable {
        var key = P256.Signing.PrivateKey()
        var keyID = "k1"
        /// What is told for a code.
        var codes: [String: String] = [:]
        /// Goes in place of a document.
        var answers: [String: TestHTTPServer.Answer] = [:]
        /// What it calls itself; nil: what it is.
        var issuer: String?
        var userInfo = "{}"
        /// How it says that it takes its client's secret; nil: it says nothing.
        var offers: [String]?
        /// How it takes it; nil: it does not look.
        var takes: String?
        var port = 0
        var isSecure = false
    }

    let state = Mutex(State())
    private let place = Mutex<TestHTTPServer?>(nil)

    var issuer: String {
        let (port, isSecure) = self.state.withLock { ($0.port, $0.isSecure) }
        return isSecure ? "https://localhost:\(port)" : "http://127.0.0.1:\(port)"
    }
    var seen: [TestHTTPServer.Request] { self.place.withLock { $0 }?.seen ?? [] }

    /// Runs `body` beside a provider.
    ///
    /// - Parameter context: what it shows the relay; nil: it speaks no TLS.
    static func with(context: NIOSSLContext? = nil, _ body: (TestProvider) async throws -> Void) async throws {
        let provider = TestProvider()
        provider.state.withLock { $0.isSecure = context != nil }
        try await TestHTTPServer.with(
            { provider.answer($0) },
            context: context
        ) { server in
            provider.state.withLock { $0.port = server.port }
            provider.place.withLock { $0 = server }
            try await body(provider)
        }
    }

    func count(_ path: String) -> Int { self.seen.count { $0.path == path } }

    // MARK: What it says

    private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Answer {
        let path = request.path.split(separator: "?").first.map(String.init) ?? request.path
        let issuer = self.issuer
        return self.state.withLock { state in
            if let answer = state.answers[path] { return answer }
            switch path {
            case "/.well-known/openid-configuration":
                var document: [String: Any] = [
                    "issuer": state.issuer ?? issuer, "authorization_endpoint": "\(issuer)/authorize?tenant=1",
                    "token_endpoint": "\(issuer)/token", "jwks_uri": "\(issuer)/keys",
                    "userinfo_endpoint": "\(issuer)/me",
                ]
                document["token_endpoint_auth_methods_supported"] = state.offers
                return Self.json(document)
            case "/keys": return Self.json(["keys": [Self.jwk(state.key, state.keyID)]])
            case "/me": return TestHTTPServer.Answer(state.userInfo)
            case "/token":
                if let wanted = state.takes, wanted != Self.method(of: request) {
                    return TestHTTPServer.Answer(#"{"error": "invalid_client"}"#, status: .unauthorized)
                }
                let code = Self.field("code", of: request.body)
                guard let token = state.codes.removeValue(forKey: code ?? "") else {
                    return TestHTTPServer.Answer(#"{"error": "invalid_grant"}"#, status: .badRequest)
                }
                return Self.json(["access_token": "at", "token_type": "Bearer", "id_token": token])
            default: return TestHTTPServer.Answer("", status: .notFound)
            }
        }
    }

    /// How a client has shown its secret; nil where it has not, or in two ways.
    private static func method(of request: TestHTTPServer.Request) -> String? {
        let inForm = self.field("client_secret", of: request.body)
        let header = request.headers.first(name: "authorization")
        switch (header, inForm) {
        case (nil, Self.password): return "client_secret_post"
        case (let header?, nil) where header.hasPrefix("Basic "): return "client_secret_basic"
        default: return nil
        }
    }

    static func json(_ object: [String: Any]) -> TestHTTPServer.Answer {
        let data = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return TestHTTPServer.Answer(String(decoding: data, as: UTF8.self))
    }

    static func field(_ name: String, of form: String) -> String? {
        var parts = URLComponents()
        parts.percentEncodedQuery = form
        return parts.queryItems?.first { $0.name == name }?.value
    }

    private static func jwk(_ key: P256.Signing.PrivateKey, _ id: String) -> [String: Any] {
        let point = key.publicKey.rawRepresentation
        return [
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": id, "x": SignedToken.encode(point.prefix(32)),
            "y": SignedToken.encode(point.suffix(32)),
        ]
    }

    // MARK: What it signs

    /// A token of its newest key.
    func token(_ claims: [String: Any], header: [String: Any] = [:]) throws -> String {
        let (key, id) = self.state.withLock { ($0.key, $0.keyID) }
        let head = ["alg": "ES256", "typ": "JWT", "kid": id].merging(header) { $1 }
        let text = try [head, claims].map { SignedToken.encode(try JSONSerialization.data(withJSONObject: $0)) }
            .joined(separator: ".")
        let signature = try key.signature(for: Data(text.utf8))
        return "\(text).\(SignedToken.encode(signature.rawRepresentation))"
    }

    /// What its ID tokens say of a person.
    func claims(_ changes: [String: Any?] = [:]) -> [String: Any] {
        let now = Int(Date().timeIntervalSince1970)
        var claims: [String: Any] = [
            "iss": self.issuer, "sub": "248289", "aud": Self.client, "iat": now, "exp": now + 300,
            "email": "ada@example.org", "email_verified": true,
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    /// Gives out a code for which this token is told.
    func code(for token: String) -> String {
        let code = UUID().uuidString
        self.state.withLock { $0.codes[code] = token }
        return code
    }

    func changeKey(to id: String) {
        self.state.withLock { ($0.key, $0.keyID) = (P256.Signing.PrivateKey(), id) }
    }
}

/// A browser as far as sign-ins need one: it keeps cookies, and follows nothing by itself.
final class TestBrowser: Sendable {
    private let relay: TestRelay
    private let cookies = Mutex<[String: String]>([:])

    init(_ relay: TestRelay) {
        self.relay = relay
    }

    func send(
        _ method: HTTPMethod,
        _ path: String,
        form: String? = nil,
        headers: [(String, String)] = []
    ) async throws -> TestReply {
        var headers = headers
        let cookies = self.cookies.withLock { $0.map { "\($0)=\($1)" }.joined(separator: "; ") }
        if !cookies.isEmpty { headers.append(("cookie", cookies)) }
        if form != nil { headers.append(("content-type", "application/x-www-form-urlencoded")) }
        let reply = try await self.relay.send(method, path, headers: headers, body: form)
        for field in reply.headers["set-cookie"] {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isGone = field.contains("Max-Age=0")
            self.cookies.withLock { $0[String(pair[0])] = isGone ? nil : String(pair[1]) }
        }
        return reply
    }

    var hasCookies: Bool { self.cookies.withLock { !$0.isEmpty } }

    /// Goes to the provider, and says with what it was sent there.
    func begin(_ query: String = "", at provider: String = "idp") async throws -> [String: String] {
        let reply = try await self.send(.GET, "/auth/oidc/\(provider)/login\(query)")
        try #require(reply.status == 302, "\(reply)")
        let location = try #require(reply.headers.first(name: "location"))
        let items = URLComponents(string: location)?.queryItems ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { $1 }
    }

    /// Comes back from it.
    func comeBack(
        _ state: String,
        _ code: String,
        to provider: String = "idp",
        more: String = "",
        headers: [(String, String)] = []
    ) async throws -> TestReply {
        try await self.send(
            .GET,
            "/auth/oidc/\(provider)/callback?state=\(state)&code=\(code)\(more)",
            headers: headers
        )
    }
}

extension TestBrowser {
    /// Signs in as somebody of whom the provider says this.
    func signIn(
        _ provider: TestProvider,
        _ changes: [String: Any?] = [:],
        query: String = "",
        at name: String = "idp"
    ) async throws -> TestReply {
        let sent = try await self.begin(query, at: name)
        let own: [String: Any?] = ["nonce": sent["nonce"]]
        let claims = provider.claims(own.merging(changes) { $1 })
        return try await self.comeBack(sent["state"] ?? "", provider.code(for: try provider.token(claims)), to: name)
    }
}
