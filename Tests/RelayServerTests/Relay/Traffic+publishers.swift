import Foundation
import NIOHTTP1
import SeededRandom
import Testing

extension Traffic {
    /// Publishes from all sides, and then each topic's last message.
    func publish() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    try await self.publishSingly(SeededGenerator(seed: self.seed &+ 100 &+ UInt64(writer)))
                }
                group.addTask {
                    try await self.publishInBulk(SeededGenerator(seed: self.seed &+ 200 &+ UInt64(writer)))
                }
                group.addTask {
                    try await self.publishOnSocket(SeededGenerator(seed: self.seed &+ 300 &+ UInt64(writer)))
                }
            }
            try await group.waitForAll()
        }
        for topic in Self.topics { try await self.publish(to: topic, ["last": true], key: nil) }
    }

    private func publish(to topic: String, _ payload: [String: Any], key: String?) async throws {
        let body = try JSONSerialization.data(withJSONObject: ["topic": topic, "payload": payload])
        let reply = try await self.relay.send(
            .POST,
            "/api/v1/messages",
            token: self.token,
            headers: key.map { [("idempotency-key", $0)] } ?? [],
            body: String(decoding: body, as: UTF8.self)
        )
        try #require(reply.status == 201, "\(reply)")
        try self.ledger.add(reply.object["message_id"] as? String, topic)
    }

    private func publishSingly(_ random: SeededGenerator) async throws {
        var random = random
        for number in 0..<Self.publishesPerWriter {
            let topic = Self.topics[Int.random(in: 0..<Self.topics.count, using: &random)]
            let key = Bool.random(using: &random) ? String(random.next(), radix: 16) : nil
            try await self.publish(to: topic, ["n": number], key: key)
        }
    }

    private func publishInBulk(_ random: SeededGenerator) async throws {
        var random = random
        for _ in 0..<Self.publishesPerWriter / 4 {
            let messages: [[String: Any]] = (0..<Int.random(in: 1...8, using: &random)).map { number in
                let topic = Self.topics[Int.random(in: 0..<Self.topics.count, using: &random)]
                return ["topic": topic, "payload": ["b": number]]
            }
            let reply = try await self.relay.send(
                .POST,
                "/api/v1/messages/bulk",
                token: self.token,
                json: ["messages": messages]
            )
            try #require(reply.status == 207, "\(reply)")
            for result in reply.object["results"] as? [[String: Any]] ?? [] {
                try self.ledger.add(result["message_id"] as? String, try #require(result["topic"] as? String))
            }
        }
    }

    /// Several publishes at a time, whose results are awaited together.
    private func publishOnSocket(_ random: SeededGenerator) async throws {
        var random = random
        let socket = try await TestWebSocket(self.relay, token: self.token)
        defer { socket.connection.disconnect() }
        try #require(try await socket.subscribe(["unused"]).type == "subscribed")
        var sent = 0
        while sent < Self.publishesPerWriter {
            let count = Int.random(in: 1...6, using: &random)
            for number in 0..<count {
                let topic = Self.topics[Int.random(in: 0..<Self.topics.count, using: &random)]
                try socket.send(json: ["type": "publish", "id": number, "topic": topic, "payload": ["w": number]])
            }
            for _ in 0..<count {
                let frame = try #require(await socket.next("published"))
                try self.ledger.add(
                    frame.object["message_id"] as? String,
                    try #require(frame.object["topic"] as? String)
                )
            }
            sent += count
        }
    }
}
