import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Login, tokens and sessions")
struct LoginTests {
    @Test("a login answers with both tokens, and nothing caches them")
    func login() async throws {
        try await withRelay { relay in
            let reply = try await relay.send(
                form: "scope=&client_id=x&username=admin&password=correct+horse",
                to: "/auth/login"
            )
            #expect(reply.status == 200)
            #expect(
                Set(reply.object.keys) == [
                    "access_token", "token_type", "expires_in", "refresh_token", "refresh_token_secondary",
                ]
            )
            #expect(reply.object["token_type"] as? String == "bearer")
            #expect(reply.object["expires_in"] as? Int == 3600)
            #expect(reply.object["refresh_token_secondary"] is NSNull)
            #expect(reply.header("cache-control") == "no-store")
        }
    }

    @Test("wrong and unknown users are told the same")
    func wrongCredentials() async throws {
        try await withRelay { relay in
            for form in ["username=admin&password=wrong", "username=nobody&password=correct+horse"] {
                let reply = try await relay.send(form: form, to: "/auth/login")
                #expect(reply.status == 401)
                #expect(reply.detail == "Incorrect username or password")
                #expect(reply.header("www-authenticate") == "Bearer")
            }
        }
    }

    @Test("fields that are missing, or a grant that is none, are issues; so is a JSON body")
    func badForms() async throws {
        let cases = [
            ("", ["body.username", "body.password"]),
            ("username=admin", ["body.password"]),
            ("username=&password=x", ["body.username"]),
            ("username=admin&password=x&grant_type=refresh_token", ["body.grant_type"]),
            (#"{"username":"admin","password":"correct horse"}"#, ["body.username", "body.password"]),
            ("%ff=%zz&=&&&", ["body.username", "body.password"]),
        ]
        try await withRelay { relay in
            for (form, issues) in cases {
                let reply = try await relay.send(form: form, to: "/auth/login")
                #expect(reply.status == 422, "\(form)")
                #expect(reply.issues == issues, "\(form)")
            }
            let large = try await relay.send(form: String(repeating: "a", count: 70_000), to: "/auth/login")
            #expect(large.status == 413)
        }
    }

    @Test("an inactive user is told so only with the right password")
    func inactive() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            _ = try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, json: ["is_active": false])
            let right = try await relay.send(form: "username=uma&password=correct+horse", to: "/auth/login")
            #expect(right.status == 403)
            #expect(right.detail == "User account is inactive")
            let wrong = try await relay.send(form: "username=uma&password=wrong", to: "/auth/login")
            #expect(wrong.status == 401)
        }
    }

    @Test("logins are limited by address; only a trusted proxy may name another")
    func loginLimit() async throws {
        let proxies = try [#require(IPNetwork("127.0.0.1"))]
        for trusts in [false, true] {
            try await withRelay {
                $0.rateLimits.isEnabled = true
                $0.rateLimits.login = 2
                $0.server.trustForwardedFor = trusts
                $0.server.trustedProxies = proxies
            } _: { relay in
                let form = "username=admin&password=wrong"
                for _ in 0..<2 { #expect(try await relay.send(form: form, to: "/auth/login").status == 401) }
                let limited = try await relay.send(form: form, to: "/auth/login")
                #expect(limited.status == 429)
                #expect(limited.object["error"] as? String == "Rate limit exceeded: 2 per 1 minute")
                #expect(limited.detail == "Rate limit exceeded: 2 per 1 minute")
                #expect(Int(limited.header("retry-after") ?? "").map((1...60).contains) == true)
                let elsewhere = [("x-forwarded-for", "198.51.100.7")]
                let other = try await relay.send(form: form, to: "/auth/login", headers: elsewhere)
                #expect(other.status == (trusts ? 401 : 429))
            }
        }
    }

    @Test("a refresh token is good once; used again it ends its chain, and no other")
    func refreshReuse() async throws {
        try await withRelay { relay in
            let other = try await relay.tokens(of: TestRelay.administrator)
            let first = try await relay.tokens(of: TestRelay.administrator)
            func refresh(_ token: String) async throws -> TestReply {
                try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": token])
            }
            let rotated = try await refresh(first.refresh)
            #expect(rotated.status == 200)
            let second = try #require(rotated.object["refresh_token"] as? String)
            #expect(second != first.refresh)
            let access = try #require(rotated.object["access_token"] as? String)
            #expect(try await relay.send(.GET, "/auth/me", token: access).status == 200)

            let replay = try await refresh(first.refresh)
            #expect(replay.status == 401)
            #expect(replay.detail == "invalid refresh token")
            #expect(try await refresh(second).status == 401)
            #expect(try await refresh(other.refresh).status == 200)
        }
    }

    @Test("of two refreshes of one token at the same time one wins at most once")
    func refreshRace() async throws {
        try await withRelay { relay in
            let tokens = try await relay.tokens(of: TestRelay.administrator)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let body = ["refresh_token": tokens.refresh]
                        return try await relay.send(.POST, "/auth/token/refresh", json: body).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1)
            #expect(statuses.filter { $0 == 401 }.count == 7)
        }
    }

    @Test("refreshes and revocations of what is no token are answered by the table")
    func badRefreshTokens() async throws {
        let cases: [(String, String, Int, String?)] = [
            ("/auth/token/refresh", #"{"refresh_token":"nonsense"}"#, 401, "invalid refresh token"),
            ("/auth/token/refresh", #"{"refresh_token":"a.b"}"#, 401, "invalid refresh token"),
            ("/auth/token/refresh", "{}", 422, nil),
            ("/auth/token/refresh", #"{"refresh_token":1}"#, 422, nil),
            ("/auth/token/refresh", "{", 422, nil),
            ("/auth/token/revoke", #"{"refresh_token":"nonsense"}"#, 400, "malformed refresh token"),
            ("/auth/token/revoke", #"{"refresh_token":"00000000-0000-4000-8000-000000000000.AAAA"}"#, 204, nil),
            ("/auth/token/revoke", #"{"revoke_chain":true}"#, 422, nil),
        ]
        try await withRelay { relay in
            for (path, body, status, detail) in cases {
                let reply = try await relay.send(.POST, path, body: body)
                #expect(reply.status == status, "\(path) \(body): \(reply)")
                #expect(reply.detail == detail, "\(path) \(body)")
            }
        }
    }

    @Test("sessions are the caller's own, and end when asked to")
    func sessions() async throws {
        try await withRelay { relay in
            let admin = try await relay.tokens(of: TestRelay.administrator)
            let user = try await relay.makeUser("uma", by: admin.access)
            let listed = try await relay.send(.GET, "/auth/sessions", token: admin.access)
            #expect(listed.status == 200)
            #expect(listed.list.count == 1)
            let session = try #require(listed.list.first)
            #expect(Set(session.keys) == ["jti", "issued_at", "expires_at", "last_used_at", "client_hint"])
            #expect(session["client_hint"] as? String == "password-login")
            #expect(session["last_used_at"] is NSNull)
            let jti = try #require(session["jti"] as? String)
            #expect(admin.refresh.hasPrefix(jti + "."))

            for (token, path) in [(user.token, jti), (admin.access, "nonsense"), (admin.access, "%00")] {
                let reply = try await relay.send(.DELETE, "/auth/sessions/\(path)", token: token)
                #expect(reply.status == 404)
                #expect(reply.detail == "session not found")
            }
            #expect(try await relay.send(.DELETE, "/auth/sessions/\(jti)", token: admin.access).status == 204)
            #expect(try await relay.send(.GET, "/auth/sessions", token: admin.access).list.isEmpty)
            let refresh = ["refresh_token": admin.refresh]
            #expect(try await relay.send(.POST, "/auth/token/refresh", json: refresh).status == 401)
        }
    }

    @Test("revoking a token leaves its chain alone unless asked to end it")
    func revoke() async throws {
        try await withRelay { relay in
            let tokens = try await relay.tokens(of: TestRelay.administrator)
            let body: [String: Any] = ["refresh_token": tokens.refresh, "revoke_chain": true]
            #expect(try await relay.send(.POST, "/auth/token/revoke", json: body).status == 204)
            #expect(try await relay.send(.GET, "/auth/sessions", token: tokens.access).list.isEmpty)
            #expect(try await relay.send(.POST, "/auth/token/revoke", json: body).status == 204)
        }
    }
}
