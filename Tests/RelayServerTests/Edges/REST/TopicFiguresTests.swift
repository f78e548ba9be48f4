import NIOHTTP1
import RelayServer
import Testing

@Suite("GET /api/v1/topics/{topic_name}/stats")
struct TopicFiguresTests {
    private static let path = "/api/v1/topics/news/stats"

    @Test("Tells what is kept, for how long, and who follows at this relay")
    func figures() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let message: [String: any Sendable] = ["topic": "news", "payload": ["n": 1]]
            for _ in 0..<3 {
                #expect(try await relay.send(.POST, "/api/v1/messages", token: admin, json: message).status == 201)
            }
            let before = try await relay.send(.GET, Self.path, token: admin)
            #expect(before.status == 200)
            #expect(before.object["messages"] as? Int == 3)
            #expect(before.object["last_id"] as? String != nil)
            #expect(before.object["retention_seconds"] as? Int == 86_400)
            #expect(before.object["max_messages"] as? Int == 1_000_000)
            #expect(before.object["readers"] as? Int == 0)
            #expect(before.object["in_memory"] as? Bool == true)
            let socket = try await TestWebSocket(relay, token: admin)
            #expect(try await socket.subscribe(["news"]).type == "subscribed")
            let after = try await relay.send(.GET, Self.path, token: admin)
            #expect(after.object["readers"] as? Int == 1)
            for (query, readers) in [("?figures=true", 1), ("", nil), ("?figures=1", nil)] as [(String, Int?)] {
                let topics = try await relay.send(.GET, "/api/v1/topics\(query)", token: admin).list
                #expect(topics.map { $0["readers"] as? Int } == [readers], "\(query)")
            }
            socket.connection.disconnect()
        }
    }

    @Test("Is for those who may read the topic")
    func access() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            #expect(try await relay.send(.GET, Self.path, token: admin).status == 404)
            let message: [String: any Sendable] = ["topic": "news", "payload": ["n": 1]]
            #expect(try await relay.send(.POST, "/api/v1/messages", token: admin, json: message).status == 201)
            let user = try await relay.makeUser("uma", by: admin)
            #expect(try await relay.send(.GET, Self.path, token: user.token).status == 403)
            #expect(try await relay.send(.GET, Self.path).status == 401)
        }
    }
}
