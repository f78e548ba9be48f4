import Crypto
import Foundation
import NIOHTTP1
import Synchronization
import Testing

@testable import RelayServer

@Suite("Signing in at an identity provider", .timeLimit(.minutes(2)))
struct OpenIDSignInTests {
    /// A relay with the provider `idp`.
    private func with(
        _ configure: @escaping (inout RelayConfiguration.SignIn) -> Void = { _ in },
        _ body: @Sendable @escaping (TestProvider, TestRelay) async throws -> Void
    ) async throws {
        try await TestProvider.with { provider in
            let settings = Self.settings(provider)
            try await withRelay {
                $0.signIn.usesProviders = true
                $0.signIn.providers["idp"] = settings
                configure(&$0.signIn)
            } _: { relay in
                try await body(provider, relay)
            }
        }
    }

    private static func settings(_ provider: TestProvider) -> RelayConfiguration.SignIn.Provider {
        var settings = RelayConfiguration.SignIn.Provider()
        settings.displayName = "The <provider>"
        settings.clientID = TestProvider.client
        settings.clientSecret = Secret(TestProvider.password)
        settings.discoveryURL = OutgoingURL("\(provider.issuer)/.well-known/openid-configuration")
        return settings
    }

    @Test("gives an access token, for a user who is made at the first time")
    func firstSignIn() async throws {
        try await self.with { provider, relay in
            let list = try await relay.send(.GET, "/auth/oidc/providers")
            #expect(list.text.contains(#""name":"idp""#) && list.text.contains(#""login_url":"/auth/oidc/idp/login""#))
            let browser = TestBrowser(relay)
            let sent = try await browser.begin()
            #expect(sent["tenant"] == "1" && sent["response_type"] == "code" && sent["code_challenge_method"] == "S256")
            #expect(sent["client_id"] == TestProvider.client && sent["scope"] == "openid email profile")
            #expect(sent["redirect_uri"] == "http://127.0.0.1:\(relay.port)/auth/oidc/idp/callback")
            let token = try provider.token(provider.claims(["nonce": sent["nonce"]]))
            let reply = try await browser.comeBack(sent["state"] ?? "", provider.code(for: token))
            try #require(reply.status == 200, "\(reply)")
            #expect(reply.object["refresh_token"] is NSNull && reply.headers["cache-control"] == ["no-store"])
            #expect(!browser.hasCookies)
            let access = try #require(reply.object["access_token"] as? String)
            let me = try await relay.send(.GET, "/auth/me", token: access)
            #expect(me.object["username"] as? String == "ada@example.org")
            #expect(me.object["permissions"] as? [String] == ["read", "write"])
            // What the provider was shown: who the relay is, and that it began this itself.
            let exchange = try #require(provider.seen.first { $0.path == "/token" })
            let basic = Data("relay-client:a%20secret%3A%20of%20the%20client%27s%20%25".utf8).base64EncodedString()
            #expect(exchange.headers["authorization"] == ["Basic \(basic)"])
            let verifier = TestProvider.field("code_verifier", of: exchange.body) ?? ""
            #expect(SignedToken.encode(Data(SHA256.hash(data: Data(verifier.utf8)))) == sent["code_challenge"])
            // The second time it is the same user.
            let again = try await browser.signIn(provider, ["email": "other@example.org"])
            let other = try #require(again.object["access_token"] as? String)
            let same = try await relay.send(.GET, "/auth/me", token: other)
            #expect(same.object["user_id"] as? String == me.object["user_id"] as? String)
            #expect(provider.count("/keys") == 1 && provider.count("/.well-known/openid-configuration") == 1)
        }
    }

    @Test(
        "shows the relay's secret as the provider says that it takes it, or as the operator says",
        arguments: [
            (nil, "client_secret_basic", nil), (["client_secret_post"], "client_secret_post", nil),
            (["client_secret_post", "client_secret_basic"], "client_secret_basic", nil),
            (["private_key_jwt", "client_secret_post"], "client_secret_post", nil),
            (["private_key_jwt"], "client_secret_basic", nil), (nil, "client_secret_post", .post),
            (["client_secret_basic"], "client_secret_post", .post),
            (["client_secret_post"], "client_secret_basic", .basic),
        ] as [([String]?, String, ClientAuthentication?)]
    )
    func clientAuthentication(offers: [String]?, taken: String, forced: ClientAuthentication?) async throws {
        try await self.with {
            $0.providers["idp"]?.clientAuthentication = forced
        } _: { provider, relay in
            provider.state.withLock { ($0.offers, $0.takes) = (offers, taken) }
            let reply = try await TestBrowser(relay).signIn(provider)
            #expect(reply.status == 200, "\(reply)")
        }
    }

    @Test("keeps its cookie from being set by another host of the domain, where the relay is reached by https")
    func cookie() async throws {
        try await self.with {
            $0.publicURL = PublicURL("https://relay.example.org")
        } _: { provider, relay in
            let reply = try await relay.send(.GET, "/auth/oidc/idp/login")
            let cookie = try #require(reply.headers.first(name: "set-cookie"))
            #expect(cookie.hasPrefix("__Host-pulsar_sign_in_"))
            for attribute in ["; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                #expect(cookie.contains(attribute), "\(attribute)")
            }
            #expect(!cookie.contains("Domain"))
            let items = URLComponents(string: reply.headers.first(name: "location") ?? "")?.queryItems ?? []
            let sent = Dictionary(items.map { ($0.name, $0.value ?? "") }) { $1 }
            let token = try provider.token(provider.claims(["nonce": sent["nonce"]]))
            let path = "/auth/oidc/idp/callback?state=\(sent["state"] ?? "")&code=\(provider.code(for: token))"
            // By the name that any host of the domain can give.
            let tossed = String(cookie.dropFirst("__Host-".count).prefix { $0 != ";" })
            let refused = try await relay.send(.GET, path, headers: [("cookie", tossed)])
            #expect(refused.status == 400)
            let good = try await TestBrowser(relay).signIn(provider)
            #expect(good.status == 200, "\(good)")
        }
    }

    @Test("refuses what was replayed, comes to another browser, or from another provider")
    func mixedUp() async throws {
        try await self.with {
            $0.providers["other"] = $0.providers["idp"]
        } _: { provider, relay in
            let browser = TestBrowser(relay)
            let sent = try await browser.begin()
            let state = sent["state"] ?? ""
            func code() throws -> String {
                provider.code(for: try provider.token(provider.claims(["nonce": sent["nonce"]])))
            }
            // Another browser, which uses it up.
            let stolen = try await TestBrowser(relay).comeBack(state, try code())
            #expect(stolen.status == 400)
            let late = try await browser.comeBack(state, try code())
            #expect(late.status == 400)
            // Another provider's callback.
            let next = try await browser.begin()
            let mixed = try await browser.comeBack(next["state"] ?? "", try code(), to: "other")
            #expect(mixed.status == 400)
            // Nothing of it was shown to a provider.
            #expect(provider.count("/token") == 0)
            let good = try await browser.signIn(provider)
            #expect(good.status == 200)
            for path in [
                "callback", "callback?code=x", "callback?state=x", "callback?code=x&state=x", "callback?state=&code=",
            ] {
                let reply = try await browser.send(.GET, "/auth/oidc/idp/\(path)")
                #expect(reply.status == 400, "\(path)")
            }
            let unknown = try await browser.send(.GET, "/auth/oidc/nobody/login")
            #expect(unknown.status == 404)
            // By RFC 9207: it says itself that it is another.
            let sentAgain = try await browser.begin()
            let named = try await browser.comeBack(
                sentAgain["state"] ?? "",
                try code(),
                more: "&iss=https://evil.example"
            )
            #expect(named.status == 400)
        }
    }

    @Test("refuses ID tokens that are not for this sign-in, or not signed by the provider")
    func badTokens() async throws {
        try await self.with { provider, relay in
            let browser = TestBrowser(relay)
            let bad: [[String: Any?]] = [
                ["nonce": "wrong"], ["nonce": nil], ["aud": "another"], ["iss": "https://evil.example"], ["sub": ""],
                ["sub": nil], ["exp": 1], ["iat": 9_999_999_999], ["aud": [TestProvider.client, "x"]], ["azp": "x"],
            ]
            for changes in bad {
                let reply = try await browser.signIn(provider, changes)
                #expect(reply.status == 400, "\(changes)")
            }
            let sent = try await browser.begin()
            let claims = provider.claims(["nonce": sent["nonce"]])
            let key = provider.state.withLock { $0.key.publicKey.rawRepresentation }
            // The public key as a secret.
            let forged = try SignedToken.make(
                #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#,
                claims,
                String(decoding: key, as: UTF8.self)
            )
            let confused = try await browser.comeBack(sent["state"] ?? "", provider.code(for: forged))
            #expect(confused.status == 400)
            for token in ["", "e30.e30.", try provider.token(claims, header: ["alg": "none"])] {
                let next = try await browser.begin()
                let reply = try await browser.comeBack(next["state"] ?? "", provider.code(for: token))
                #expect(reply.status == 400)
            }
            let users = try await relay.send(.GET, "/auth/users", token: try await relay.administratorToken)
            #expect(users.list.count == 1)
        }
    }

    @Test("goes on when the provider has a new key, and has few fetches for many forgeries")
    func rotation() async throws {
        try await self.with { provider, relay in
            let browser = TestBrowser(relay)
            let sent = try await browser.begin()
            _ = try await browser.signIn(provider)
            #expect(provider.count("/keys") == 1)
            // In mid-flow: the browser is at the provider.
            provider.changeKey(to: "k2")
            let token = try provider.token(provider.claims(["nonce": sent["nonce"]]))
            let reply = try await browser.comeBack(sent["state"] ?? "", provider.code(for: token))
            #expect(reply.status == 200)
            for index in 0..<10 {
                let next = try await browser.begin()
                let forged = try provider.token(provider.claims(["nonce": next["nonce"]]), header: ["kid": "x\(index)"])
                _ = try await browser.comeBack(next["state"] ?? "", provider.code(for: forged))
            }
            #expect(provider.count("/keys") == 2)
        }
    }

    @Test("says so in words of its own where the provider refuses, and runs nothing of what came")
    func refusal() async throws {
        try await self.with { _, relay in
            for error in ["access_denied", "<script>alert(1)</script>", "%22%3E%3Cimg%20src=x%3E"] {
                let browser = TestBrowser(relay)
                let sent = try await browser.begin()
                let text = error.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let reply = try await browser.send(
                    .GET,
                    "/auth/oidc/idp/callback?state=\(sent["state"] ?? "")&error=\(text)&error_description=\(text)",
                    headers: [("accept", "text/html")]
                )
                #expect(reply.status == 400)
                #expect(!reply.text.contains("<script") && !reply.text.contains("<img"))
                #expect(reply.text.contains("access_denied") == (error == "access_denied"))
                let stateless = try await relay.send(.GET, "/auth/oidc/idp/callback?error=\(text)")
                #expect(stateless.status == 400 && !stateless.text.contains("<"))
            }
        }
    }

    @Test("never takes over an account of the relay's own, and keeps out who is not active")
    func accounts() async throws {
        try await self.with { provider, relay in
            let browser = TestBrowser(relay)
            let taken = try await browser.signIn(provider, ["email": TestRelay.administrator])
            #expect(taken.status == 409)
            // An address that nobody has verified names nobody.
            let unverified = try await browser.signIn(
                provider,
                ["sub": "2", "email_verified": false, "preferred_username": "eve"]
            )
            let token = try #require(unverified.object["access_token"] as? String)
            let me = try await relay.send(.GET, "/auth/me", token: token)
            #expect(me.object["username"] as? String == "eve")
            let bare = try await browser.signIn(
                provider,
                ["sub": "3-x", "email_verified": false, "email": "boss@example.org"]
            )
            let bareToken = try #require(bare.object["access_token"] as? String)
            let named = try await relay.send(.GET, "/auth/me", token: bareToken)
            #expect(named.object["username"] as? String == "3-x")
            let id = try #require(me.object["user_id"] as? String)
            let administrator = try await relay.administratorToken
            let patch = try await relay.send(
                .PATCH,
                "/auth/users/\(id)",
                token: administrator,
                json: ["is_active": false]
            )
            #expect(patch.status == 200)
            let refused = try await browser.signIn(provider, ["sub": "2"])
            #expect(refused.status == 403)
            let gone = try await relay.send(.GET, "/auth/me", token: token)
            #expect(gone.status == 403)
        }
    }

    @Test("gives what the user's groups may do, anew at every sign-in")
    func groups() async throws {
        try await self.with {
            $0.defaultPermissions = []
            $0.providers["idp"]?.groupsClaim = "realm_access.roles"
            $0.providers["idp"]?.groupPermissions = ["staff=read", "admins=admin+write"].compactMap {
                GroupPermissions($0)
            }
        } _: { provider, relay in
            let steps: [([String], [String])] = [
                (["staff", "other"], ["read"]), (["staff", "admins"], ["admin", "read", "write"]), (["Staff"], []),
                ([], []),
            ]
            for (roles, expected) in steps {
                let reply = try await TestBrowser(relay).signIn(provider, ["realm_access": ["roles": roles]])
                let token = try #require(reply.object["access_token"] as? String)
                let me = try await relay.send(.GET, "/auth/me", token: token)
                #expect(me.object["permissions"] as? [String] == expected)
            }
            // Where the token does not say it, the provider is asked, about the same person and nobody else.
            provider.state.withLock { $0.userInfo = #"{"sub": "248289", "realm_access": {"roles": ["staff"]}}"# }
            let asked = try await TestBrowser(relay).signIn(provider)
            #expect(asked.status == 200)
            let token = try #require(asked.object["access_token"] as? String)
            let me = try await relay.send(.GET, "/auth/me", token: token)
            #expect(me.object["permissions"] as? [String] == ["read"])
            provider.state.withLock { $0.userInfo = #"{"sub": "1", "realm_access": {"roles": ["admins"]}}"# }
            let swapped = try await TestBrowser(relay).signIn(provider)
            #expect(swapped.status == 400)
        }
    }

    @Test("leads back to the relay's own pages alone, with a code that is good once and for this browser")
    func handover() async throws {
        try await self.with { provider, relay in
            let hostile = [
                "https://evil.example", "//evil.example", "/%5Cevil.example", "/%09/evil.example", "/%0d%0aevil",
                "console",
                "/a%23b", "javascript:alert(1)", "/%20", "%2F%2Fevil.example", "/%C3%B8",
            ]
            for next in hostile {
                let reply = try await relay.send(.GET, "/auth/oidc/idp/login?next=\(next)")
                #expect(reply.status == 400, "\(next)")
            }
            let browser = TestBrowser(relay)
            let reply = try await browser.signIn(provider, query: "?next=/console%3Fa=b")
            #expect(reply.status == 302)
            let location = try #require(reply.headers.first(name: "location"))
            let start = "http://127.0.0.1:\(relay.port)/console?a=b#sign_in="
            #expect(location.hasPrefix(start))
            let code = location.dropFirst(start.count)
            let stolen = try await TestBrowser(relay).send(.POST, "/auth/oidc/token", form: "code=\(code)")
            #expect(stolen.status == 400)
            let second = try await browser.signIn(provider, query: "?next=/console")
            let other = second.headers.first(name: "location")?.split(separator: "=").last ?? ""
            let foreign = try await browser.send(
                .POST,
                "/auth/oidc/token",
                form: "code=\(other)",
                headers: [("sec-fetch-site", "cross-site")]
            )
            #expect(foreign.status == 400)
            let tokens = try await browser.send(.POST, "/auth/oidc/token", form: "code=\(other)")
            #expect(tokens.status == 200 && tokens.object["refresh_token"] is String)
            let again = try await browser.send(.POST, "/auth/oidc/token", form: "code=\(other)")
            #expect(again.status == 400)
        }
    }

    @Test("lets a device in only after a click on a page that says which")
    func device() async throws {
        try await self.with {
            $0.letsPasswordsApprove = false
        } _: { provider, relay in
            let begun = try await relay.send(form: "client_hint=%3Cb%3Ea+lamp", to: "/auth/device/code")
            try #require(begun.status == 200)
            let code = try #require(begun.object["user_code"] as? String)
            let deviceCode = try #require(begun.object["device_code"] as? String)
            let page = try await relay.send(.GET, "/auth/device?user_code=\(code)")
            #expect(page.text.contains("Sign in with The &lt;provider&gt;") && !page.text.contains("password"))
            #expect(page.text.contains("/auth/oidc/idp/login?device_user_code=\(code)"))
            // A link in a message leads to the page, and not past it.
            let browser = TestBrowser(relay)
            for site in ["cross-site", "same-site", "none"] {
                let led = try await browser.send(
                    .GET,
                    "/auth/oidc/idp/login?device_user_code=\(code)",
                    headers: [("sec-fetch-site", site)]
                )
                #expect(led.status == 302)
                #expect(
                    led.headers.first(name: "location")
                        == "http://127.0.0.1:\(relay.port)/auth/device?user_code=\(code)"
                )
            }
            let question = try await browser.signIn(provider, query: "?device_user_code=\(code)")
            #expect(question.status == 200 && question.text.contains("&lt;b&gt;a lamp") && question.text.contains(code))
            #expect(question.text.contains("ada@example.org"))
            func answer() async throws -> String {
                let type = "urn:ietf:params:oauth:grant-type:device_code"
                let reply = try await relay.send(
                    form: "grant_type=\(type)&device_code=\(deviceCode)",
                    to: "/auth/device/token"
                )
                return reply.object["error"] as? String ?? "tokens"
            }
            #expect(try await answer() == "authorization_pending")
            let ticket = try #require(question.text.firstMatch(of: /name="approval" value="([^"]+)"/)).1
            let form = "approval=\(ticket)"
            let foreign = try await browser.send(
                .POST,
                "/auth/oidc/approve",
                form: form,
                headers: [("origin", "https://evil.example")]
            )
            #expect(foreign.status == 403)
            let approved = try await browser.send(.POST, "/auth/oidc/approve", form: form)
            #expect(approved.status == 200, "\(approved)")
            #expect(try await answer() == "tokens")
            let twice = try await browser.send(.POST, "/auth/oidc/approve", form: form)
            #expect(twice.status == 404)
            let used = try await browser.send(.GET, "/auth/oidc/idp/login?device_user_code=\(code)")
            #expect(used.status == 404)
        }
    }

    @Test("is not there where it is not set up")
    func disabled() async throws {
        try await self.with {
            $0.usesProviders = false
        } _: { _, relay in
            let list = try await relay.send(.GET, "/auth/oidc/providers")
            #expect(list.status == 200 && list.text == "[]")
            let login = try await relay.send(.GET, "/auth/oidc/idp/login")
            #expect(login.status == 404)
        }
    }

    @Test("may begin on one relay, go on at another, and ends once")
    func twoRelays() async throws {
        try await TestProvider.with { provider in
            let settings = Self.settings(provider)
            try await withTwoRelays { configuration, _ in
                configuration.signIn.usesProviders = true
                configuration.signIn.providers["idp"] = settings
                configuration.signIn.publicURL = PublicURL("http://localhost:8080")
            } _: { first, second in
                let reply = try await first.send(.GET, "/auth/oidc/idp/login")
                let location = try #require(reply.headers.first(name: "location"))
                let items = URLComponents(string: location)?.queryItems ?? []
                let sent = Dictionary(items.map { ($0.name, $0.value ?? "") }) { $1 }
                #expect(sent["redirect_uri"] == "http://localhost:8080/auth/oidc/idp/callback")
                let cookie = reply.headers.first(name: "set-cookie")?.prefix { $0 != ";" } ?? ""
                let token = try provider.token(provider.claims(["nonce": sent["nonce"]]))
                let path = "/auth/oidc/idp/callback?state=\(sent["state"] ?? "")&code=\(provider.code(for: token))"
                let back = try await second.send(.GET, path, headers: [("cookie", String(cookie))])
                #expect(back.status == 200)
                let again = try await first.send(.GET, path, headers: [("cookie", String(cookie))])
                #expect(again.status == 400)
            }
        }
    }
}
