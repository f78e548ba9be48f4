import NIOHTTP1
import RelayCore
import RelayServer
import Testing

@Suite("What one user may make a relay keep")
struct QuotaTests {
    @Test("topics beyond a user's quota are refused on every way to make one, and a deletion makes room")
    func topicsOfUser() async throws {
        try await withRelay {
            $0.quotas.maxTopicsPerUser = 2
        } _: { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: admin)
            try await relay.publish("a", token: user.token)
            let second = ["topic_name": "b"]
            #expect(try await relay.send(.POST, "/api/v1/topics", token: user.token, json: second).status == 201)
            let text = "You own 2 topics, the most that a user may own"

            let made = try await relay.send(.POST, "/api/v1/topics", token: user.token, json: ["topic_name": "c"])
            #expect(made.status == 403 && made.detail == text)
            let message: [String: Any] = ["topic": "c", "payload": ["n": 1]]
            let published = try await relay.send(.POST, "/api/v1/messages", token: user.token, json: message)
            #expect(published.status == 403 && published.detail == text)
            let bulk = try await relay.send(
                .POST,
                "/api/v1/messages/bulk",
                token: user.token,
                json: ["messages": [message]]
            )
            #expect(bulk.status == 403)
            let socket = try await TestWebSocket(relay, token: user.token)
            #expect(try await socket.subscribe(["a"]).type == "subscribed")
            try socket.send(json: ["type": "publish", "id": "1", "topic": "c", "payload": ["n": 1]])
            let answer = try #require(await socket.next())
            #expect(answer.type == "error" && answer.object["message"] as? String == text)

            #expect(try await relay.send(.GET, "/api/v1/topics/c", token: user.token).status == 404)
            try await relay.publish("c", token: admin)
            #expect(try await relay.send(.DELETE, "/api/v1/topics/b", token: user.token).status == 204)
            try await relay.publish("d", token: user.token)
        }
    }

    @Test("topics beyond the quota of all are 503, since they can't be helped by their publisher")
    func topicsInAll() async throws {
        try await withRelay {
            $0.quotas.maxTopics = 1
        } _: { relay in
            let admin = try await relay.administratorToken
            try await relay.publish("a", token: admin)
            let message: [String: Any] = ["topic": "b", "payload": ["n": 1]]
            let refused = try await relay.send(.POST, "/api/v1/messages", token: admin, json: message)
            #expect(refused.status == 503 && refused.detail == "The relay has no room for more topics")
            #expect(refused.header("retry-after") == "60")
            try await relay.publish("a", token: admin)
        }
    }

    @Test("grants beyond a topic's quota are refused")
    func grants() async throws {
        try await withRelay {
            $0.quotas.maxGrantsPerTopic = 1
        } _: { relay in
            let admin = try await relay.administratorToken
            for name in ["ada", "bob"] { _ = try await relay.makeUser(name, by: admin) }
            try await relay.publish("t", token: admin)
            let path = "/api/v1/topics/t/permissions"
            #expect(try await relay.send(.POST, path, token: admin, json: ["username": "ada"]).status == 201)
            let refused = try await relay.send(.POST, path, token: admin, json: ["username": "bob"])
            #expect(refused.status == 403)
            #expect(refused.detail == "1 users have access to this topic, the most that it may be granted to")
        }
    }

    @Test("a log-in beyond a user's tokens ends the oldest")
    func tokens() async throws {
        try await withRelay {
            $0.quotas.maxTokensPerUser = 2
        } _: { relay in
            let admin = try await relay.administratorToken
            _ = try await relay.makeUser("user", by: admin)
            var refresh: [String] = []
            for _ in 0..<3 { refresh.append(try await relay.tokens(of: "user").refresh) }
            for (index, token) in refresh.enumerated() {
                let reply = try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": token])
                #expect(reply.status == (index == 0 ? 401 : 200), "\(index): \(reply)")
            }
        }
    }
}
