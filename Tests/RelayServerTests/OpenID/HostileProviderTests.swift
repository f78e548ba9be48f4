import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayAccess
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("Identity providers that are slow, huge, gone or somebody else's", .timeLimit(.minutes(2)))
struct HostileProviderTests {
    /// Runs `body` beside a relay with the provider `idp`, whose documents are as `change` has them.
    private func with(
        _ change: @escaping @Sendable (inout TestProvider.State, _ issuer: String) -> Void,
        _ body: @Sendable @escaping (TestProvider, TestRelay) async throws -> Void
    ) async throws {
        try await TestProvider.with { provider in
            let issuer = provider.issuer
            provider.state.withLock { change(&$0, issuer) }
            try await withRelay {
                var settings = RelayConfiguration.SignIn.Provider()
                settings.clientID = TestProvider.client
                settings.discoveryURL = OutgoingURL("\(issuer)/.well-known/openid-configuration")
                $0.signIn.usesProviders = true
                $0.signIn.providers["idp"] = settings
            } _: { relay in
                try await body(provider, relay)
            }
        }
    }

    private static let discovery = "/.well-known/openid-configuration"

    @Test("lead to no sign-in", arguments: 0..<8)
    func discovery(place: Int) async throws {
        try await self.with { state, issuer in
            func document(_ changes: [String: Any]) -> TestHTTPServer.Answer {
                let usual: [String: Any] = [
                    "issuer": issuer, "authorization_endpoint": "\(issuer)/authorize",
                    "token_endpoint": "\(issuer)/token",
                    "jwks_uri": "\(issuer)/keys",
                ]
                return TestProvider.json(usual.merging(changes) { $1 })
            }
            var redirect = TestHTTPServer.Answer("", status: .found)
            redirect.headers = ["location": "\(issuer)/elsewhere"]
            let answers: [TestHTTPServer.Answer] = [
                document(["issuer": "https://evil.example"]),
                document(["authorization_endpoint": "javascript:alert(1)"]),
                document(["jwks_uri": "http://192.168.1.1/keys"]),
                TestHTTPServer.Answer(String(repeating: " ", count: IssuerDocuments.maximumBytes + 1)),
                TestHTTPServer.Answer(String(repeating: "[", count: 100_000)),
                TestHTTPServer.Answer("<html>"),
                TestHTTPServer.Answer("{}", status: .internalServerError),
                redirect,
            ]
            state.answers[Self.discovery] = answers[place]
        } _: { provider, relay in
            for _ in 0..<3 {
                let reply = try await relay.send(.GET, "/auth/oidc/idp/login")
                #expect(reply.status == 502 && reply.headers["set-cookie"].isEmpty)
            }
            // It is not asked again for each who tries.
            #expect(provider.count(Self.discovery) == 1)
            #expect(provider.count("/elsewhere") == 0)
        }
    }

    @Test("hold up nobody but those who sign in there, and not for long")
    func slow() async throws {
        try await self.with { state, _ in
            var answer = TestHTTPServer.Answer("{")
            answer.isEndless = true
            state.answers[Self.discovery] = answer
        } _: { _, relay in
            let start = ContinuousClock.now
            async let waiting = relay.send(.GET, "/auth/oidc/idp/login")
            let health = try await relay.send(.GET, "/health")
            #expect(health.status == 200)
            let reply = try await waiting
            #expect(reply.status == 502)
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test("that are down when the relay starts are found when they are up")
    func downAtBoot() async throws {
        let cache = IssuerCache<Int>(uptime: { .now() }) {
            () async throws(IssuerTrouble) in
            throw .unreachable("down")
        }
        await #expect(throws: IssuerTrouble.unreachable("down")) { try await cache.current() }
        try await self.with { state, _ in
            state.answers[Self.discovery] = TestHTTPServer.Answer("", status: .serviceUnavailable)
        } _: { provider, relay in
            let first = try await relay.send(.GET, "/auth/oidc/idp/login")
            #expect(first.status == 502)
            provider.state.withLock { $0.answers = [:] }
            try await Task.sleep(for: .seconds(6))
            let second = try await relay.send(.GET, "/auth/oidc/idp/login")
            #expect(second.status == 302)
        }
    }

    @Test("whose tokens answer is huge, or no JSON, sign nobody in")
    func tokenAnswers() async throws {
        for text in [
            "", "[]", "{}", #"{"id_token": 7}"#, String(repeating: "x", count: IssuerDocuments.maximumBytes + 1),
        ] {
            try await self.with { state, _ in
                state.answers["/token"] = TestHTTPServer.Answer(text)
            } _: { _, relay in
                let browser = TestBrowser(relay)
                let sent = try await browser.begin()
                let reply = try await browser.comeBack(sent["state"] ?? "", "code")
                #expect(reply.status == 400)
            }
        }
    }

    @Test("are reached in a private network only where the operator says so")
    func privateAddresses() throws {
        let http = OutgoingHTTP(on: MultiThreadedEventLoopGroup.singleton)
        let far = try #require(OutgoingURL("https://idp.example.org"))
        let local = try #require(OutgoingURL("http://localhost:8080/x"))
        let strict = IssuerDocuments(http, named: [far], allowsPrivateAddresses: false)
        #expect(strict.permitted("https://other.example.org/x") != nil)
        #expect(
            strict.permitted("http://idp.example.org/x") == nil && strict.permitted("http://localhost:8080/x") == nil
        )
        let near = IssuerDocuments(http, named: [local], allowsPrivateAddresses: false)
        #expect(near.permits(local) && near.permitted("http://127.0.0.1:8080/x") == nil)
        let open = IssuerDocuments(http, named: [far], allowsPrivateAddresses: true)
        #expect(open.permitted("http://keycloak:8080/x") != nil)
    }
}

@Suite("Paths that a browser may be led to")
struct LocalPathTests {
    @Test(
        "are those of the relay itself",
        arguments: ["/", "/console", "/console?a=b&c=%2F", "/a//b", "/@evil.example"]
    )
    func own(text: String) {
        #expect(LocalPath(text)?.text == text)
    }

    @Test(
        "are not those that any browser may read as another host's",
        arguments: [
            "", "//", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
            "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " /x", "/x y", "https://evil.example",
            "https:evil.example",
            "evil.example", "javascript:alert(1)", "data:text/html,x", "/x#y", "/\u{0}", "/ø", "/\u{7F}",
            "/x\r\nset-cookie: a=b",
            "/" + String(repeating: "a", count: 1_024),
        ]
    )
    func foreign(text: String) {
        #expect(LocalPath(text) == nil)
    }
}
