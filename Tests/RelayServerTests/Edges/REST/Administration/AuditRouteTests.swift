import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

/// `/api/v1/admin/audit` of a running relay, and what gets there.
@Suite("Audit log", .timeLimit(.minutes(2)))
struct AuditRouteTests {
    private static let path = "/api/v1/admin/audit"

    /// Waits until there are so many records of the query.
    private static func records(
        _ query: String,
        atLeast count: Int,
        _ relay: TestRelay,
        _ token: String
    ) async throws -> [[String: Any]] {
        var list: [[String: Any]] = []
        for _ in 0..<200 {
            list = try await relay.send(.GET, "\(Self.path)?\(query)", token: token).list
            if list.count >= count { return list }
            try await Task.sleep(for: .milliseconds(25))
        }
        return list
    }

    @Test("has each route by which administrators change something")
    func everyRoute() async throws {
        try await withRelayParts { parts, _, _ in
            let table = try #require((parts.services.routes.others as? RouterLane)?.responder.table)
            var count = 0
            for entry in table.entries {
                for (method, admission) in entry.methods where ![.get, .head].contains(method) {
                    guard case .caller(let permissions, _) = admission, permissions.contains(.admin) else { continue }
                    count += 1
                    #expect(entry.audited.contains(method), "\(method) \(entry.template)")
                }
            }
            #expect(count > 4)
            let others: [(HTTPRequest.Method, String)] = [
                (.post, "/api/v1/topics"), (.put, "/api/v1/topics/{topic_name}"),
                (.delete, "/api/v1/topics/{topic_name}"), (.post, "/api/v1/topics/{topic_name}/permissions"),
                (.delete, "/api/v1/topics/{topic_name}/permissions/{user_id}"), (.post, "/auth/tokens"),
                (.delete, "/auth/tokens/{token_id}"), (.delete, "/auth/sessions/{jti}"), (.post, "/auth/login"),
                (.post, "/auth/device"),
            ]
            for (method, path) in others {
                let entry = table.entries.first { $0.template == path }
                #expect(entry?.audited.contains(method) == true, "\(method) \(path)")
            }
        }
    }

    @Test("says who did what, on what, from where and with what outcome, and no password")
    func acts() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let secret = "a new password 9"
            _ = try await relay.send(
                .PATCH,
                "/auth/users/\(alice.id)",
                token: admin,
                json: ["permissions": ["read"], "password": secret]
            )
            _ = try await relay.send(
                .POST,
                "/auth/register",
                token: admin,
                json: ["username": "alice", "password": secret]
            )
            _ = try await relay.send(.DELETE, "/auth/users/\(alice.id)", token: admin)
            let records = try await Self.records("action=user.", atLeast: 4, relay, admin)
            #expect(
                records.compactMap { $0["action"] as? String } == [
                    "user.delete", "user.create", "user.change", "user.create",
                ]
            )
            #expect(records.compactMap { $0["outcome"] as? String } == ["ok", "refused", "ok", "ok"])
            #expect(records.compactMap { $0["status"] as? Int } == [204, 400, 200, 201])
            #expect(
                records.allSatisfy { $0["username"] as? String == "admin" && $0["address"] as? String == "127.0.0.1" }
            )
            #expect(records[0]["target"] as? String == alice.id)
            #expect(records[3]["target"] as? String == alice.id)
            #expect(records.map { $0["target_name"] as? String } == ["alice", nil, "alice", "alice"])
            #expect((records[2]["details"] as? [String: String])?["permissions"] == "read")
            #expect((records[2]["details"] as? [String: String])?["password"] == "changed")
            let all = try await relay.send(.GET, Self.path, token: admin).text
            #expect(!all.contains(secret))
            #expect(!all.contains(TestRelay.password))
        }
    }

    @Test("has topics, grants and tokens, by whom they were changed")
    func owners() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            let topic = "/api/v1/topics/news"
            _ = try await relay.send(.POST, "/api/v1/topics", token: alice.token, json: ["topic_name": "news"])
            _ = try await relay.send(.PUT, topic, token: alice.token, json: ["is_public": true])
            _ = try await relay.send(.POST, "\(topic)/permissions", token: alice.token, json: ["user_id": bob.id])
            _ = try await relay.send(.DELETE, "\(topic)/permissions/\(bob.id)", token: alice.token)
            let wanted: [String: Any] = ["topics": ["news"], "label": "pages"]
            let issued = try await relay.send(.POST, "/auth/tokens", token: alice.token, json: wanted)
            let id = try #require(issued.object["id"] as? String)
            _ = try await relay.send(.DELETE, "/auth/tokens/\(id)", token: alice.token)
            _ = try await relay.send(.DELETE, topic, token: bob.token)
            _ = try await relay.send(.DELETE, topic, token: alice.token)
            let records = try await Self.records("user_id=\(alice.id)", atLeast: 7, relay, admin)
            #expect(
                records.compactMap { $0["action"] as? String } == [
                    "topic.delete", "token.revoke", "token.issue", "grant.revoke", "grant.give", "topic.change",
                    "topic.create",
                ]
            )
            let grants = records.filter { ($0["action"] as? String)?.hasPrefix("t") == false }
            #expect(grants.map { ($0["details"] as? [String: String])?["of_username"] } == ["bob", "bob"])
            let names = records.compactMap { $0["target_name"] as? String }
            #expect(names == ["pages", "pages"])
            let refused = try await Self.records("outcome=refused&target=news", atLeast: 1, relay, admin)
            #expect(refused.compactMap { $0["user_id"] as? String } == [bob.id])
            let text = try await relay.send(.GET, Self.path, token: admin).text
            #expect(!text.contains(try #require(issued.object["token"] as? String)))
        }
    }

    @Test("is in the relay's log with the request by which it was done")
    func logLine() async throws {
        try await withLoggedRelay { relay, _, lines in
            let admin = try await relay.administratorToken
            let reply = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "news"])
            let id = try #require(reply.header("x-request-id"))
            let line = try #require(lines.all.first { $0.contains("topic.create") })
            #expect(line.contains("request_id=\(id)"))
        }
    }

    @Test("has webhooks by their ids, from the first act on")
    func webhooks() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let body: [String: Any] = ["url": "http://192.0.2.1/", "topic": "news"]
            let (id, _) = try await relay.makeWebhook(body, token: admin)
            _ = try await relay.send(.POST, "/api/v1/webhooks/\(id)/pause", token: admin)
            let records = try await Self.records("target=\(id)", atLeast: 2, relay, admin)
            #expect(records.compactMap { $0["action"] as? String } == ["webhook.pause", "webhook.create"])
            #expect(records.compactMap { $0["target_name"] as? String } == ["news", "news"])
        }
    }

    @Test("has refused log-ins without what was typed, and of a flood of them only some")
    func refusedLogins() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for _ in 0..<40 { _ = try await relay.send(form: "username=hunter2&password=hunter3", to: "/auth/login") }
            let records = try await Self.records("action=signin.refused", atLeast: 30, relay, admin)
            #expect(records.count == 30)
            #expect(records.allSatisfy { $0["status"] as? Int == 401 && $0["user_id"] is NSNull })
            let text = try await relay.send(.GET, Self.path, token: admin).text
            #expect(!text.contains("hunter"))
        }
    }

    @Test(
        "has sign-ins as audit_sign_ins says: those of administrators, of all, or none",
        arguments: AuditedSignIns.allCases
    )
    func signIns(kept: AuditedSignIns) async throws {
        try await withRelay {
            $0.audit.signIns = kept
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            _ = try await relay.send(form: "username=alice&password=wrong", to: "/auth/login")
            let wanted: [[String]] =
                switch kept {
                case .administrators: [["admin"], []]
                case .all: [["alice", "admin"], [alice.id]]
                case .none: [[], []]
                }
            // It comes last.
            _ = try await Self.records("action=signin.refused", atLeast: 1, relay, admin)
            let records = try await Self.records("action=signin.begin", atLeast: 0, relay, admin)
            #expect(records.compactMap { $0["username"] as? String } == wanted[0])
            let ofAlice = try await Self.records("action=signin.begin&user_id=\(alice.id)", atLeast: 0, relay, admin)
            #expect(ofAlice.compactMap { $0["user_id"] as? String } == wanted[1])
            #expect(records.allSatisfy { ($0["details"] as? [String: String])?["way"] == "password" })
            #expect(records.allSatisfy { $0["outcome"] as? String == "ok" && $0["address"] as? String == "127.0.0.1" })
        }
    }

    @Test("has the first sign-in at a provider, which makes a user, and refused ones")
    func providers() async throws {
        try await TestProvider.with { provider in
            var settings = RelayConfiguration.SignIn.Provider()
            settings.clientID = TestProvider.client
            settings.discoveryURL = OutgoingURL("\(provider.issuer)/.well-known/openid-configuration")
            let idp = settings
            try await withRelay {
                $0.signIn.usesProviders = true
                $0.signIn.providers["idp"] = idp
            } _: { relay in
                let admin = try await relay.administratorToken
                let browser = TestBrowser(relay)
                for _ in 0..<2 { #expect(try await browser.signIn(provider).status == 200) }
                #expect(try await browser.signIn(provider, ["nonce": "x"]).status == 400)
                // What no sign-in has begun is not recorded: anybody can have that.
                #expect(try await browser.send(.GET, "/auth/oidc/idp/callback?state=x&code=y").status == 400)
                let refused = try await Self.records("action=signin.refused", atLeast: 1, relay, admin)
                #expect(refused.compactMap { $0["status"] as? Int } == [400])
                let details = refused.first?["details"] as? [String: String]
                #expect(details == ["way": "oidc", "provider": "idp"])
                let begun = try await Self.records("action=signin.begin", atLeast: 2, relay, admin)
                #expect(begun.compactMap { $0["username"] as? String } == ["ada@example.org", "admin"])
                let first = begun.first?["details"] as? [String: String]
                #expect(first == ["way": "oidc", "provider": "idp", "user": "created"])
            }
        }
    }

    @Test("has all that administrators do, also by tokens of an issuer, and more than any other user may cause")
    func foreignAdministrators() async throws {
        try await TestProvider.with { provider in
            var settings = RelayConfiguration.SignIn.Issuer()
            settings.issuer = provider.issuer
            settings.audience = "relay"
            settings.permissionsClaim = "scope"
            settings.permissionValues = [GroupPermissions("relay:operate=read+write+admin")].compactMap(\.self)
            let issuer = settings
            try await withRelay {
                $0.signIn.issuers["one"] = issuer
            } _: { relay in
                let claims = provider.claims(["aud": "relay", "scope": "relay:operate"])
                let token = try provider.token(claims)
                let count = AuditBudget.userInHour + 5
                for number in 0..<count {
                    let reply = try await relay.send(.DELETE, "/auth/users/nobody\(number)", token: token)
                    try #require(reply.status == 404, "\(reply)")
                }
                let admin = try await relay.administratorToken
                let query = "action=user.delete&limit=\(count + 1)"
                let records = try await Self.records(query, atLeast: count, relay, admin)
                #expect(records.count == count)
                #expect(records.allSatisfy { $0["username"] as? String == "ada@example.org" })
            }
        }
    }

    @Test("has what an administrator did who is none any more")
    func formerAdministrator() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let other = try await relay.makeUser("other", by: admin)
            // What a user may cause in an hour is used up before.
            for number in 0..<AuditBudget.userInHour {
                let json: [String: Any] = ["user_id": "nobody\(number)"]
                _ = try await relay.send(.POST, "/api/v1/topics/none/permissions", token: other.token, json: json)
            }
            let change: [String: Any] = ["permissions": ["read", "write", "admin"]]
            let raised = try await relay.send(.PATCH, "/auth/users/\(other.id)", token: admin, json: change)
            try #require(raised.status == 200, "\(raised)")
            let lowered = try await relay.send(
                .PATCH,
                "/auth/users/\(other.id)",
                token: other.token,
                json: ["permissions": ["read"]]
            )
            try #require(lowered.status == 200, "\(lowered)")
            let query = "action=user.change&user_id=\(other.id)"
            #expect(try await Self.records(query, atLeast: 1, relay, admin).count == 1)
        }
    }

    @Test("comes in pages, and between two moments")
    func pages() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for number in 0..<5 {
                _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t\(number)"])
            }
            _ = try await Self.records("action=topic.create", atLeast: 5, relay, admin)
            var (targets, cursor): ([String], String?) = ([], nil)
            repeat {
                let query = "?action=topic.create&limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")
                let reply = try await relay.send(.GET, Self.path + query, token: admin)
                targets += reply.list.compactMap { $0["target"] as? String }
                cursor = reply.header("x-next-cursor")
            } while cursor != nil
            #expect(targets == ["t4", "t3", "t2", "t1", "t0"])
            #expect(try await relay.send(.GET, "\(Self.path)?since=2100-01-01T00:00:00Z", token: admin).list.isEmpty)
            #expect(try await relay.send(.GET, "\(Self.path)?until=2000-01-01T00:00:00Z", token: admin).list.isEmpty)
            for query in ["since=x", "until=5", "outcome=x", "cursor=x", "limit=0"] {
                #expect(try await relay.send(.GET, "\(Self.path)?\(query)", token: admin).status == 422, "\(query)")
            }
        }
    }
}
