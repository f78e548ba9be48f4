import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Webhooks are made, listed, paused and deleted", .timeLimit(.minutes(1)))
struct WebhookRouteTests {
    private static let url = "http://192.0.2.1/hook"

    @Test("the answer has the secret, and no other answer has it")
    func answer() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let body: [String: Any] = [
                "url": Self.url, "prefix": "room-", "events": ["vacated", "message", "message"], "label": "board",
            ]
            let reply = try await relay.send(.POST, "/api/v1/webhooks", token: alice.token, json: body)
            #expect(reply.status == 201 && reply.header("cache-control") == "no-store")
            let object = reply.object
            #expect((object["secret"] as? String)?.hasPrefix("whsec_") == true)
            #expect(object["events"] as? [String] == ["message", "vacated"])
            #expect(object["prefix"] as? String == "room-" && object["topic"] is NSNull)
            #expect(object["state"] as? String == "active" && object["user_id"] as? String == alice.id)
            let id = try #require(object["id"] as? String)
            let list = try await relay.send(.GET, "/api/v1/webhooks", token: alice.token).list
            #expect(list.count == 1 && list.first?["id"] as? String == id && list.first?["secret"] == nil)
            #expect(try await relay.webhook(id, token: alice.token)["secret"] == nil)
        }
    }

    @Test("each user has their own, and administrators see all")
    func owners() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            let (id, _) = try await relay.makeWebhook(["url": Self.url, "topic": "a"], token: alice.token)
            let one = "/api/v1/webhooks/\(id)"
            for (method, path) in [
                (.GET, one), (.DELETE, one), (.POST, one + "/pause"), (.POST, one + "/revive"),
            ] as [(HTTPMethod, String)] {
                let reply = try await relay.send(method, path, token: bob.token)
                #expect(reply.status == 404 && reply.detail == "Webhook not found")
            }
            #expect(try await relay.send(.GET, "/api/v1/webhooks", token: bob.token).list.isEmpty)
            #expect(try await relay.send(.GET, "/api/v1/webhooks?all=true", token: bob.token).status == 403)
            #expect(try await relay.send(.GET, "/api/v1/webhooks?all=true", token: admin).list.count == 1)
            #expect(try await relay.send(.GET, "/api/v1/webhooks?user_id=\(alice.id)", token: admin).list.count == 1)
            let paused = try await relay.send(.POST, one + "/pause", token: admin)
            #expect(paused.status == 200 && paused.object["state"] as? String == "paused")
            let revived = try await relay.send(.POST, one + "/revive", token: alice.token)
            #expect(revived.status == 200 && revived.object["state"] as? String == "active")
            #expect(try await relay.send(.DELETE, one, token: alice.token).status == 204)
            #expect(try await relay.send(.GET, one, token: alice.token).status == 404)
        }
    }

    @Test("another's private topic can't be named, a public one and a free name can")
    func names() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            try await relay.makeTopic("private", token: alice.token)
            try await relay.makeTopic("public", isPublic: true, token: alice.token)
            let body: [String: Any] = ["url": Self.url, "topic": "private"]
            let refused = try await relay.send(.POST, "/api/v1/webhooks", token: bob.token, json: body)
            #expect(refused.status == 403 && refused.detail == "Access denied to topic 'private'")
            _ = try await relay.makeWebhook(["url": Self.url, "topic": "public"], token: bob.token)
            _ = try await relay.makeWebhook(["url": Self.url, "topic": "free"], token: bob.token)
        }
    }

    @Test(
        "what is no webhook is a 422 that says where",
        arguments: [
            (#"{"topic": "a"}"#, "body.url"), (#"{"url": "ftp://a/", "topic": "a"}"#, "body.url"),
            (#"{"url": "http://u:p@a/", "topic": "a"}"#, "body.url"), (#"{"url": "http://a/"}"#, "body.topic"),
            (#"{"url": "http://a/", "topic": "a", "prefix": "b"}"#, "body.topic"),
            (#"{"url": "http://a/", "topic": "a b"}"#, "body.topic"),
            (#"{"url": "http://a/", "topic": "session/x/signal"}"#, "body.topic"),
            (#"{"url": "http://a/", "prefix": ""}"#, "body.prefix"),
            (#"{"url": "http://a/", "prefix": "a/"}"#, "body.prefix"),
            (#"{"url": "http://a/", "topic": "a", "events": []}"#, "body.events"),
            (#"{"url": "http://a/", "topic": "a", "events": ["x"]}"#, "body.events"),
            (#"{"url": "http://a/", "topic": "a", "label": "\u0007"}"#, "body.label"),
        ]
    )
    func malformed(body: String, place: String) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let reply = try await relay.send(
                .POST,
                "/api/v1/webhooks",
                token: token,
                headers: [("content-type", "application/json")],
                body: body
            )
            #expect(reply.status == 422)
            let issues = reply.object["detail"] as? [[String: Any]] ?? []
            let places = issues.map { ($0["loc"] as? [Any] ?? []).map { "\($0)" }.joined(separator: ".") }
            #expect(places.contains(place), "\(reply)")
        }
    }

    @Test("a user has no more than the quota, and a service token makes none")
    func quota() async throws {
        try await withRelay {
            $0.webhooks.maxPerUser = 1
        } _: { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let body: [String: Any] = ["url": Self.url, "topic": "a"]
            _ = try await relay.makeWebhook(body, token: alice.token)
            let full = try await relay.send(.POST, "/api/v1/webhooks", token: alice.token, json: body)
            #expect(full.status == 409 && full.detail == "A user may have 1 webhooks: delete some")
            let limited = try await relay.serviceToken(["a"], token: alice.token).text
            #expect(try await relay.send(.POST, "/api/v1/webhooks", token: limited, json: body).status == 403)
        }
    }
}
