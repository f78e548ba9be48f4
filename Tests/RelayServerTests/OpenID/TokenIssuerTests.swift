import Foundation
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("Bearer tokens of other issuers", .timeLimit(.minutes(2)))
struct TokenIssuerTests {
    private func with(
        _ configure: @escaping (inout [String: RelayConfiguration.SignIn.Issuer]) -> Void = { _ in },
        _ body: @Sendable @escaping (TestProvider, TestProvider, TestRelay) async throws -> Void
    ) async throws {
        try await TestProvider.with { first in
            try await TestProvider.with { second in
                let names = [("one", first), ("two", second)]
                let issuers = Dictionary(
                    uniqueKeysWithValues: names.map { ($0, Self.settings(of: $1, audience: "api-\($0)")) }
                )
                try await withRelay {
                    $0.signIn.issuers = issuers
                    configure(&$0.signIn.issuers)
                } _: { relay in
                    try await body(first, second, relay)
                }
            }
        }
    }

    private static func settings(of provider: TestProvider, audience: String) -> RelayConfiguration.SignIn.Issuer {
        var settings = RelayConfiguration.SignIn.Issuer()
        settings.issuer = provider.issuer
        settings.audience = audience
        settings.permissionsClaim = "scope"
        return settings
    }

    private static func token(
        _ provider: TestProvider,
        _ audience: String,
        _ changes: [String: Any?] = [:],
        header: [String: Any] = [:]
    ) throws -> String {
        let usual: [String: Any?] = ["aud": audience, "scope": "openid read write"]
        return try provider.token(provider.claims(usual.merging(changes) { $1 }), header: header)
    }

    @Test("open REST, WebSockets, event streams and polls, as the user whom they name")
    func everywhere() async throws {
        try await self.with { first, second, relay in
            let token = try Self.token(first, "api-one")
            let me = try await relay.send(.GET, "/auth/me", token: token)
            try #require(me.status == 200, "\(me)")
            #expect(me.object["username"] as? String == "ada@example.org")
            #expect(me.object["permissions"] as? [String] == ["read", "write"])
            let published = try await relay.send(
                .POST,
                "/api/v1/messages",
                token: token,
                json: ["topic": "t", "payload": ["n": 1]]
            )
            #expect(published.status == 201, "\(published)")
            let poll = try await relay.send(
                .POST,
                "/messages/poll",
                token: token,
                json: ["topics": ["t"], "since": ["t": "0-0"], "timeout": 1]
            )
            #expect(poll.status == 200, "\(poll)")
            let socket = try await TestWebSocket(relay, token: token)
            socket.connection.disconnect()
            let stream = try await TestEventStream(relay, token: token, query: "topics=t")
            stream.connection.disconnect()
            // The same subject of another issuer is somebody else.
            let other = try Self.token(second, "api-two", header: ["typ": "at+jwt"])
            let them = try await relay.send(.GET, "/auth/me", token: other)
            #expect(them.object["username"] as? String == "ada@example.org-two")
            // The same token is not read anew for each request.
            #expect(first.count("/keys") == 1)
        }
    }

    @Test("are refused where they are for somebody else, mixed up, confused, bound to a key or too old")
    func refused() async throws {
        try await self.with { first, second, relay in
            let bad: [String] = [
                try Self.token(first, "api-two"), try Self.token(first, "other"),
                // Signed by one and said to be of the other.
                try Self.token(first, "api-two", ["iss": second.issuer]),
                try Self.token(second, "api-one", ["iss": first.issuer]),
                try Self.token(first, "api-one", ["iss": "https://evil.example"]),
                try Self.token(first, "api-one", ["iss": nil]),
                try Self.token(first, "api-one", ["exp": Int(Date().timeIntervalSince1970) - 61]),
                try Self.token(first, "api-one", ["exp": nil]), try Self.token(first, "api-one", ["sub": ""]),
                try Self.token(first, "api-one", ["cnf": ["jkt": "x"]]),
                try Self.token(first, "api-one", header: ["alg": "none"]),
                try Self.token(first, "api-one", header: ["alg": "HS256"]),
                try Self.token(first, "api-one", header: ["typ": "logout+jwt"]),
                try Self.token(first, "api-one", header: ["crit": ["x"]]),
                try SignedToken.make(
                    #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#,
                    first.claims(["aud": "api-one"]),
                    "a guess"
                ),
            ]
            for token in bad {
                let reply = try await relay.send(.GET, "/auth/me", token: token)
                #expect(reply.status == 401, "\(token)")
                #expect(reply.detail == "Invalid or expired token")
            }
            let users = try await relay.send(.GET, "/auth/users", token: try await relay.administratorToken)
            #expect(users.list.count == 1)
        }
    }

    @Test("may what each says, end with their users, and don't touch accounts of the relay's own")
    func standing() async throws {
        try await self.with {
            $0["one"]?.permissionValues = [GroupPermissions("relay:publish=write+read")].compactMap(\.self)
            $0["one"]?.usernameClaim = "preferred_username"
        } _: { first, _, relay in
            let full = try Self.token(first, "api-one", ["scope": "relay:publish", "preferred_username": "eve"])
            let bare = try Self.token(first, "api-one", ["scope": "read", "preferred_username": "eve", "jti": "2"])
            let message: [String: Any] = ["topic": "t", "payload": ["n": 1]]
            let published = try await relay.send(.POST, "/api/v1/messages", token: full, json: message)
            #expect(published.status == 201)
            let refused = try await relay.send(.POST, "/api/v1/messages", token: bare, json: message)
            #expect(refused.status == 403)
            // The weaker token takes nothing from the other.
            let again = try await relay.send(.POST, "/api/v1/messages", token: full, json: message)
            #expect(again.status == 201)
            let me = try await relay.send(.GET, "/auth/me", token: full)
            let id = try #require(me.object["user_id"] as? String)
            let administrator = try await relay.administratorToken
            // What the token allows ends with it: neither the user nor a token that is made with it has any of that.
            let users = try await relay.send(.GET, "/auth/users", token: administrator)
            let stored = users.list.first { $0["user_id"] as? String == id }
            #expect(stored?["permissions"] as? [String] == [])
            let longer: [String: Any] = ["topics": ["t"], "permissions": ["read"], "expires_in": 86_400]
            #expect(try await relay.send(.POST, "/auth/tokens", token: full, json: longer).status == 403)
            let webhook: [String: Any] = ["url": "http://192.0.2.1/", "topic": "t"]
            #expect(try await relay.send(.POST, "/api/v1/webhooks", token: full, json: webhook).status == 403)
            _ = try await relay.send(.PATCH, "/auth/users/\(id)", token: administrator, json: ["is_active": false])
            for token in [full, try Self.token(first, "api-one", ["jti": "3"])] {
                let reply = try await relay.send(.GET, "/auth/me", token: token)
                #expect(reply.status == 403 && reply.detail == "User is inactive")
            }
            let thief = try Self.token(first, "api-one", ["sub": "9", "preferred_username": TestRelay.administrator])
            let stolen = try await relay.send(.GET, "/auth/me", token: thief)
            #expect(stolen.status == 409)
        }
    }

    @Test("revive no webhook of their users, which would outlive them")
    func webhooks() async throws {
        try await TestProvider.with { provider in
            var configuration = RelayConfiguration.forTests
            configuration.signIn.issuers = ["one": Self.settings(of: provider, audience: "api-one")]
            let store = WatchedStore()
            try await withRelay(over: store, configuration) { relay, _ in
                let token = try Self.token(provider, "api-one")
                let me = try await relay.send(.GET, "/auth/me", token: token)
                let id = try #require(me.object["user_id"] as? String)
                let webhook = StoredWebhook(
                    id: "w",
                    user: UserID(id),
                    definition: WebhookDefinition(
                        target: .topic("t"),
                        events: [.message],
                        url: "http://192.0.2.1/",
                        label: nil,
                        secret: "whsec_"
                    ),
                    createdAt: Timestamp(microseconds: 0),
                    isPaused: true
                )
                #expect(try await store.insertWebhook(webhook, within: WebhookQuota()) == .stored)
                #expect(try await relay.send(.POST, "/api/v1/webhooks/w/revive", token: token).status == 403)
                #expect(try await store.webhook("w")?.isPaused == true)
                // An administrator may, as for everybody.
                let administrator = try await relay.administratorToken
                #expect(try await relay.send(.POST, "/api/v1/webhooks/w/revive", token: administrator).status == 200)
            }
        }
    }

    @Test("of unknown keys don't have the issuer asked for each, and a new key is found")
    func flood() async throws {
        try await self.with { first, _, relay in
            let good = try Self.token(first, "api-one")
            let before = try await relay.send(.GET, "/auth/me", token: good)
            #expect(before.status == 200)
            first.changeKey(to: "k2")
            let newer = try await relay.send(.GET, "/auth/me", token: try Self.token(first, "api-one", ["jti": "2"]))
            #expect(newer.status == 200)
            for index in 0..<50 {
                let token = try Self.token(first, "api-one", header: ["kid": "x\(index)"])
                let reply = try await relay.send(.GET, "/auth/me", token: token)
                #expect(reply.status == 401)
            }
            #expect(first.count("/keys") == 2)
            // What was verified goes on, and the relay's own tokens don't wait for anybody.
            first.state.withLock { $0.answers["/keys"] = TestHTTPServer.Answer("", status: .serviceUnavailable) }
            let after = try await relay.send(.GET, "/auth/me", token: good)
            #expect(after.status == 200)
            let own = try await relay.send(.GET, "/auth/me", token: try await relay.administratorToken)
            #expect(own.status == 200)
        }
    }

    @Test("are refused for now where the issuer's keys can't be had")
    func down() async throws {
        try await self.with { first, _, relay in
            first.state.withLock { $0.answers["/keys"] = TestHTTPServer.Answer("", status: .serviceUnavailable) }
            let reply = try await relay.send(.GET, "/auth/me", token: try Self.token(first, "api-one"))
            #expect(reply.status == 503)
            let garbage = try await relay.send(.GET, "/auth/me", token: "eyJhbGciOiJFUzI1NiJ9.e30.AAAA")
            #expect(garbage.status == 401)
        }
    }
}
