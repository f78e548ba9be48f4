import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

/// The rest of `/api/v1/admin`, and who may use any of it.
@Suite("Routes for administrators", .timeLimit(.minutes(2)))
struct AdministrationRouteTests {
    @Test("are for administrators alone: not for strangers, other users, or service tokens")
    func authorization() async throws {
        var routes: [(method: String, path: String)] = []
        try await withRelayParts { parts, _, _ in
            let table = try #require((parts.services.routes.others as? RouterLane)?.responder.table)
            for entry in table.entries {
                let isAdmins = entry.template.hasPrefix("/api/v1/admin/") || entry.template.hasPrefix("/auth/users")
                for (method, admission) in entry.methods where method != .head && isAdmins {
                    guard case .caller(let permissions, _) = admission else { continue }
                    #expect(permissions.contains(.admin), "\(method) \(entry.template)")
                    let path = entry.template.replacing(/\{[a-z_]+\}/, with: "x")
                    routes.append((method.rawValue, path))
                }
            }
        }
        #expect(routes.count > 8)
        let asked = routes
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let issued = try await relay.send(
                .POST,
                "/auth/tokens",
                token: admin,
                json: ["topics": ["news"], "expires_in": 60]
            )
            let service = try #require(issued.object["token"] as? String)
            for (method, path) in asked {
                let method = HTTPMethod(rawValue: method)
                #expect(try await relay.send(method, path).status == 401, "\(method) \(path)")
                #expect(try await relay.send(method, path, token: alice.token).status == 403, "\(method) \(path)")
                let limited = try await relay.send(method, path, token: service)
                #expect(limited.status == 403, "\(method) \(path)")
            }
        }
    }

    @Test("show the configuration with its sources, and no secret")
    func configuration() async throws {
        try await withRelay {
            $0.webSocket.maxPerUser = 7
        } _: { relay in
            let admin = try await relay.administratorToken
            let reply = try await relay.send(.GET, "/api/v1/admin/config", token: admin)
            let keys = try #require(reply.object["keys"] as? [[String: Any]])
            #expect(keys.count == ConfigurationKey.all.count)
            let byName = Dictionary(uniqueKeysWithValues: keys.map { ($0["key"] as? String ?? "", $0) })
            #expect(byName["ws_max_per_user"]?["value"] as? Int == 7)
            #expect(byName["ws_max_per_user"]?["default"] as? Int == 1_000)
            #expect(byName["console"]?["value"] as? Bool == true)
            #expect(byName["jwt_secret_key"]?["value"] as? String == "set")
            #expect(!reply.text.contains("0123456789abcdef"))
            #expect(!reply.text.contains(TestRelay.password))
        }
    }

    @Test("show the keys of providers and token issuers too, below the names that they have, and no secret of theirs")
    func configurationOfFamilies() async throws {
        try await withRelay {
            $0.signIn.usesProviders = true
            $0.signIn.providers["idp"] = .init()
            $0.signIn.providers["idp"]?.clientID = "the relay"
            $0.signIn.providers["idp"]?.clientSecret = Secret("hush-hush")
            $0.signIn.providers["idp"]?.discoveryURL = OutgoingURL("https://idp.example/x")
            $0.signIn.issuers["machines"] = .init()
            $0.signIn.issuers["machines"]?.issuer = "https://issuer.example"
            $0.signIn.issuers["machines"]?.audience = "relay"
        } _: { relay in
            let admin = try await relay.administratorToken
            let reply = try await relay.send(.GET, "/api/v1/admin/config", token: admin)
            let keys = try #require(reply.object["keys"] as? [[String: Any]])
            let byName = Dictionary(uniqueKeysWithValues: keys.map { ($0["key"] as? String ?? "", $0) })
            #expect(byName["oidc.providers.idp.client_id"]?["value"] as? String == "the relay")
            #expect(byName["oidc.providers.idp.client_id"]?["group"] as? String == "oidc.providers.idp")
            #expect(byName["oidc.providers.idp.scopes"]?["default"] as? [String] == ["openid", "email", "profile"])
            #expect(byName["oidc.providers.idp.client_secret"]?["value"] as? String == "set")
            #expect(byName["oidc.providers.idp.client_secret"]?["secret"] as? Bool == true)
            #expect(byName["oidc.providers.idp.allow_private_addresses"]?["value"] as? Bool == false)
            #expect(byName["token_issuers.machines.audience"]?["value"] as? String == "relay")
            #expect(byName["webhook_max_concurrent"]?["value"] as? Int == 4)
            #expect(!reply.text.contains("hush-hush"))
        }
    }

    @Test("show all topics, whoever owns them, by prefix and owner, in pages")
    func topics() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            for name in ["a1", "a2", "b1"] {
                let reply = try await relay.send(
                    .POST,
                    "/api/v1/topics",
                    token: alice.token,
                    json: ["topic_name": name]
                )
                #expect(reply.status == 201)
            }
            _ = try await relay.send(.POST, "/api/v1/topics", token: bob.token, json: ["topic_name": "a3"])
            _ = try await relay.send(
                .POST,
                "/api/v1/messages",
                token: bob.token,
                json: ["topic": "a3", "payload": ["n": 1]]
            )
            func names(_ query: String) async throws -> [String] {
                try await relay.send(.GET, "/api/v1/admin/topics?\(query)", token: admin).list
                    .compactMap { $0["topic_name"] as? String }
            }
            #expect(try await names("") == ["a1", "a2", "a3", "b1"])
            #expect(try await names("prefix=a") == ["a1", "a2", "a3"])
            #expect(try await names("owner_id=\(bob.id)") == ["a3"])
            let first = try await relay.send(.GET, "/api/v1/admin/topics?prefix=a&limit=2", token: admin)
            let cursor = try #require(first.header("x-next-cursor"))
            #expect(try await names("prefix=a&limit=2&cursor=\(cursor)") == ["a3"])
            let entry = try await relay.send(.GET, "/api/v1/admin/topics?owner_id=\(bob.id)", token: admin).list.first
            #expect(entry?["messages"] as? Int == 1)
            #expect(entry?["last_id"] is String)
            #expect(entry?["in_memory"] as? Bool == true)
        }
    }

    @Test("show all sessions, whoever made them")
    func sessions() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            for _ in 0..<3 {
                let made = try await relay.send(.POST, "/v1/sessions", token: alice.token, json: ["host_id": "h"])
                #expect(made.status == 200)
            }
            let first = try await relay.send(.GET, "/api/v1/admin/sessions?limit=2", token: admin)
            #expect(first.list.count == 2)
            let cursor = try #require(first.header("x-next-cursor"))
            let second = try await relay.send(.GET, "/api/v1/admin/sessions?limit=2&cursor=\(cursor)", token: admin)
            #expect(second.list.count == 1)
            let none = try await relay.send(.GET, "/api/v1/admin/sessions?owner_id=x", token: admin)
            #expect(none.list.isEmpty)
        }
    }

    @Test("show and end another user's sign-ins")
    func signIns() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let path = "/auth/users/\(alice.id)/sessions"
            let tokens = try await relay.tokens(of: "alice")
            let list = try await relay.send(.GET, path, token: admin).list
            #expect(list.count == 2)
            for entry in list {
                let jti = try #require(entry["jti"] as? String)
                #expect(try await relay.send(.DELETE, "\(path)/\(jti)", token: admin).status == 204)
                #expect(try await relay.send(.DELETE, "\(path)/\(jti)", token: admin).status == 404)
            }
            let refreshed = try await relay.send(
                .POST,
                "/auth/token/refresh",
                json: ["refresh_token": tokens.refresh]
            )
            #expect(refreshed.status == 401)
            #expect(try await relay.send(.GET, "/auth/users/x/sessions", token: admin).status == 404)
        }
    }

    @Test("take any query without harm")
    func nonsense() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            var random = SystemRandomNumberGenerator()
            let pieces = [
                "limit=", "cursor=", "prefix=", "owner_id=", "user_id=", "kind=ws", "node=", "address=", "&", "=", "%",
                "%00", "%ff", "1", "-1", "99999999999999999999", "a", "@", "/", ".", "%F0%9F%90%99", "+", "since=",
                "until=2020-01-01T00:00:00Z", "outcome=", "action=user.",
            ]
            for path in ["connections", "topics", "sessions", "nodes", "config", "audit"] {
                for _ in 0..<40 {
                    let count = Int.random(in: 0...6, using: &random)
                    let query = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
                    let reply = try await relay.send(.GET, "/api/v1/admin/\(path)?\(query)", token: admin)
                    #expect([200, 422].contains(reply.status), "\(path)?\(query): \(reply.status)")
                }
            }
        }
    }
}
