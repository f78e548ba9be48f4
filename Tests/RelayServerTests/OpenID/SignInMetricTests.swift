import Foundation
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

/// `relay_sign_ins_total` of a running relay.
@Suite("Sign-ins are counted", .timeLimit(.minutes(2)))
struct SignInMetricTests {
    private static func count(_ way: SignInWay, _ outcome: SignInOutcome, _ relay: TestRelay) async throws -> Int? {
        let lines = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
        let line = lines.first {
            $0.hasPrefix("relay_sign_ins_total{") && $0.contains("way=\"\(way.rawValue)\"")
                && $0.contains("outcome=\"\(outcome.rawValue)\"")
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }
    }

    /// How many there are of each, in the order ok, refused, limited.
    private static func counts(_ way: SignInWay, _ relay: TestRelay) async throws -> [Int?] {
        var counts: [Int?] = []
        for outcome in SignInOutcome.allCases { counts.append(try await Self.count(way, outcome, relay)) }
        return counts
    }

    @Test("by passwords, and those whose address tried too often, at the head of the request and within it")
    func passwords() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
            $0.rateLimits.login = 4
        } _: { relay in
            for way in SignInWay.allCases {
                let none = try await Self.counts(way, relay)
                #expect(none == [0, 0, 0])
            }
            _ = try await relay.administratorToken
            for _ in 0..<2 { _ = try await relay.send(form: "username=admin&password=wrong", to: "/auth/login") }
            let malformed = try await relay.send(form: "username=admin", to: "/auth/login")
            #expect(malformed.status == 422)
            #expect(try await Self.counts(.password, relay) == [1, 2, 0])
            let limited = try await relay.send(form: "username=admin&password=wrong", to: "/auth/login")
            #expect(limited.status == 429)
            #expect(try await Self.counts(.password, relay) == [1, 2, 1])
            let begun = try await relay.send(form: "", to: "/auth/device/code")
            let code = try #require(begun.object["user_code"] as? String)
            let page = try await relay.send(form: "user_code=\(code)&username=admin&password=x", to: "/auth/device")
            #expect(page.status == 429)
            #expect(try await Self.counts(.password, relay) == [1, 2, 2])
        }
    }

    @Test("by refresh tokens and devices")
    func tokens() async throws {
        try await withRelay { relay in
            let pair = try await relay.tokens(of: TestRelay.administrator)
            for status in [200, 401] {
                let reply = try await relay.send(
                    .POST,
                    "/auth/token/refresh",
                    json: ["refresh_token": pair.refresh]
                )
                #expect(reply.status == status)
            }
            #expect(try await Self.counts(.refresh, relay) == [1, 1, 0])
            let begun = try await relay.send(form: "", to: "/auth/device/code")
            let device = try #require(begun.object["device_code"] as? String)
            let code = try #require(begun.object["user_code"] as? String)
            let question = "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=\(device)"
            let pending = try await relay.send(form: question, to: "/auth/device/token")
            #expect(pending.object["error"] as? String == "authorization_pending")
            #expect(try await Self.counts(.device, relay) == [0, 0, 0])
            for password in ["wrong", "correct+horse"] {
                let form = "user_code=\(code)&username=admin&password=\(password)"
                _ = try await relay.send(form: form, to: "/auth/device")
            }
            #expect(try await Self.counts(.password, relay) == [2, 1, 0])
            for _ in 0..<2 { _ = try await relay.send(form: question, to: "/auth/device/token") }
            #expect(try await Self.counts(.device, relay) == [1, 1, 0])
        }
    }

    @Test("at providers, and with tokens of issuers when they are first seen")
    func providers() async throws {
        try await TestProvider.with { provider in
            var settings = RelayConfiguration.SignIn.Provider()
            settings.clientID = TestProvider.client
            settings.discoveryURL = OutgoingURL("\(provider.issuer)/.well-known/openid-configuration")
            var issuer = RelayConfiguration.SignIn.Issuer()
            issuer.issuer = provider.issuer
            issuer.audience = "api"
            issuer.defaultPermissions = [.read]
            let (idp, machines) = (settings, issuer)
            try await withRelay {
                $0.signIn.usesProviders = true
                $0.signIn.providers["idp"] = idp
                $0.signIn.issuers["machines"] = machines
            } _: { relay in
                let browser = TestBrowser(relay)
                let led = try await browser.signIn(provider, query: "?next=/console")
                #expect(led.status == 302)
                let bad = try await browser.signIn(provider, ["nonce": "wrong"])
                #expect(bad.status == 400)
                let local = try await browser.signIn(provider, ["sub": "2", "email": TestRelay.administrator])
                #expect(local.status == 409)
                #expect(try await Self.counts(.provider, relay) == [1, 2, 0])
                let code = led.headers.first(name: "location")?.split(separator: "=").last ?? ""
                for _ in 0..<2 { _ = try await browser.send(.POST, "/auth/oidc/token", form: "code=\(code)") }
                #expect(try await Self.counts(.handover, relay) == [1, 1, 0])
                let token = try provider.token(provider.claims(["aud": "api"]))
                for _ in 0..<3 { #expect(try await relay.send(.GET, "/auth/me", token: token).status == 200) }
                let other = try provider.token(provider.claims(["aud": "other"]))
                let foreign = try provider.token(provider.claims(["iss": "https://elsewhere.example"]))
                for text in [other, foreign, "x"] {
                    #expect(try await relay.send(.GET, "/auth/me", token: text).status == 401)
                }
                #expect(try await Self.counts(.issuer, relay) == [1, 1, 0])
            }
        }
    }
}
