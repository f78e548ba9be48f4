import NIOHTTP1
import RelayServer
import Testing

@Suite("Publishing to a running relay")
struct PublishLiveTests {
    private static func together(_ count: Int, _ body: @Sendable @escaping (Int) async throws -> TestReply) async throws
        -> [TestReply]
    {
        try await withThrowingTaskGroup(of: TestReply.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("first publishes to a new topic, all at once, all succeed", .timeLimit(.minutes(1)))
    func firstPublishes() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let replies = try await Self.together(24) { number in
                try await relay.send(
                    .POST,
                    "/api/v1/messages",
                    token: admin,
                    json: ["topic": "new", "payload": ["n": number]]
                )
            }
            #expect(replies.allSatisfy { $0.status == 201 })
            let ids = Set(replies.compactMap { $0.object["message_id"] as? String })
            #expect(ids.count == 24)
            let page = try await relay.poll(["new"], token: admin, since: ["new": "0"])
            #expect(Set(page.messageIDs) == ids)
            #expect(page.messageIDs.count == 24)
        }
    }

    @Test("posts with one key at the same time store one message and get one answer", .timeLimit(.minutes(1)))
    func sameKey() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for path in ["/api/v1/messages", "/api/v1/messages/bulk"] {
                let message = #"{"topic":"t","payload":{}}"#
                let body = path.hasSuffix("bulk") ? #"{"messages":[\#(message)]}"# : message
                let replies = try await Self.together(12) { _ in
                    try await relay.send(.POST, path, token: admin, headers: [("idempotency-key", "same")], body: body)
                }
                #expect(Set(replies.map(\.description)).count == 1, "\(path)")
                #expect(replies.allSatisfy { (200..<300).contains($0.status) }, "\(path)")
            }
            #expect(try await relay.poll(["t"], token: admin, since: ["t": "0"]).messageIDs.count == 2)
        }
    }
}
