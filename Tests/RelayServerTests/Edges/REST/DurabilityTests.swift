import NIOHTTP1
import RelayCore
import RelayServer
import Testing

@Suite("What a publish waits for, as clients set and see it")
struct DurabilityTests {
    private static let topic = "/api/v1/topics/t"
    private static var message: [String: Any] { ["topic": "t", "payload": ["n": 1]] }

    private static func publish(_ relay: TestRelay, _ token: String) async throws -> TestReply {
        try await relay.send(.POST, "/api/v1/messages", token: token, json: Self.message)
    }

    @Test("a topic's durability is set and unset, and left alone by what does not name it")
    func setting() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let body: [String: Any] = ["topic_name": "t", "durability": "memory"]
            let made = try await relay.send(.POST, "/api/v1/topics", token: token, json: body)
            #expect(made.status == 201 && made.object["durability"] as? String == "memory")
            let described = try await relay.send(.PUT, Self.topic, token: token, json: ["description": "d"])
            #expect(described.object["durability"] as? String == "memory")
            let reset = try await relay.send(.PUT, Self.topic, token: token, json: ["durability": "default"])
            #expect(reset.object["durability"] as? String == "default")
            #expect(reset.object["description"] as? String == "d")
            let shown = try await relay.send(.GET, Self.topic, token: token)
            #expect(shown.text == reset.text)
            let kept = try await relay.send(.PUT, Self.topic, token: token, body: #"{"durability":null}"#)
            #expect(kept.text == reset.text)
        }
    }

    @Test("a refused setting is told with all that may be set")
    func refusal() async throws {
        try await withDataDirectory { directory in
            try await withRelay {
                $0.storage.backend = .sqlite
                $0.storage.dataDirectory = directory
            } _: { relay in
                let token = try await relay.administratorToken
                let body: [String: Any] = ["topic_name": "t", "durability": "replicated"]
                let reply = try await relay.send(.POST, "/api/v1/topics", token: token, json: body)
                #expect(reply.status == 422)
                #expect(reply.text.contains("Input should be 'default', 'memory' or 'synced'"))
            }
        }
    }

    @Test("with memory answers come without an id; the end of the relay waits until all of it is stored")
    func memory() async throws {
        try await withDataDirectory { directory in
            try await withRelay {
                $0.storage.backend = .sqlite
                $0.storage.durability = .memory
                $0.storage.dataDirectory = directory
            } _: { relay in
                let token = try await relay.administratorToken
                let first = try await Self.publish(relay, token)
                #expect(first.headers.first(name: "x-durability") == "synced")
                #expect(first.object["message_id"] is String)
                for _ in 0..<20 {
                    let next = try await Self.publish(relay, token)
                    #expect(next.status == 201 && next.headers.first(name: "x-durability") == "memory")
                    #expect(next.text.hasPrefix(#"{"message_id":null,"topic":"t","timestamp":"#))
                }
                let bulk: [String: Any] = ["messages": [Self.message, ["topic": "new", "payload": [:]]]]
                let reply = try await relay.send(.POST, "/api/v1/messages/bulk", token: token, json: bulk)
                #expect(reply.status == 207 && reply.headers.first(name: "x-durability") == "memory")
                #expect(reply.text.hasPrefix(#"{"results":[{"message_id":null,"topic":"t","status":"accepted""#))
                #expect(reply.text.contains(#""summary":{"total":2,"accepted":2,"rejected":0}"#))
                let key = [("idempotency-key", "k")]
                let body = #"{"topic":"t","payload":{}}"#
                for _ in 0..<2 {
                    let kept = try await relay.send(.POST, "/api/v1/messages", token: token, headers: key, body: body)
                    #expect(kept.headers.first(name: "x-durability") == "synced")
                    #expect(kept.object["message_id"] is String)
                }
            }
            try await withRelay {
                $0.storage.backend = .sqlite
                $0.storage.dataDirectory = directory
            } _: { relay in
                let token = try await relay.administratorToken
                let page = try await relay.poll(["t"], token: token, since: ["t": "0"])
                #expect(page.messageIDs.count == 23)
            }
        }
    }
}
