import NIOHTTP1
import Testing

/// What is published on one relay, read on it and on another that shares its store.
@Suite("A stream that is read on two relays", .timeLimit(.minutes(1)))
struct SharedStreamLiveTests {
    /// Publishes on the first relay to a topic that is read on both, and looks whether both readers get the same numbers, in one order.
    ///
    /// - Parameter publish: publishes the numbers from 0 up to `count`, each as the payload's `n`.
    private func expectAll(
        _ count: Int,
        publish: @Sendable @escaping (TestRelay, _ token: String) async throws -> Void
    ) async throws {
        try await withTwoRelays { first, second in
            let token = try await first.administratorToken
            try await first.publish("news", token: token, ["n": -1])
            let readers = [
                try await TestEventStream(first, token: token, query: "topics=news"),
                try await TestEventStream(second, token: token, query: "topics=news"),
            ]
            try await publish(first, token)
            try await first.publish("news", token: token, ["n": count])
            var received: [[Int]] = []
            for reader in readers {
                var numbers: [Int] = []
                while numbers.last != count, let event = await reader.next() {
                    #expect(event.name != "gap")
                    guard let payload = event.object["payload"] as? [String: Any], let number = payload["n"] as? Int
                    else { continue }
                    numbers.append(number)
                }
                received.append(numbers)
            }
            #expect(received[0].sorted() == Array(0...count))
            #expect(received[1] == received[0])
        }
    }

    @Test("messages too large to be announced arrive on both")
    func large() async throws {
        let text = String(repeating: "x", count: 300_000)
        try await self.expectAll(20) { relay, token in
            for number in 0..<20 { try await relay.publish("news", token: token, ["n": number, "text": text]) }
        }
    }

    @Test("bulks too large to be announced arrive on both")
    func bulks() async throws {
        let text = String(repeating: "x", count: 4_000)
        try await self.expectAll(500) { relay, token in
            for bulk in 0..<5 {
                let messages = (bulk * 100..<bulk * 100 + 100).map {
                    ["topic": "news", "payload": ["n": $0, "text": text]] as [String: Any]
                }
                let reply = try await relay.send(
                    .POST,
                    "/api/v1/messages/bulk",
                    token: token,
                    json: ["messages": messages]
                )
                try #require(reply.status == 207, "\(reply)")
            }
        }
    }

    @Test("messages that come all at once, and only together are too large to be announced, arrive on both")
    func merged() async throws {
        let text = String(repeating: "x", count: 80_000)
        try await self.expectAll(100) { relay, token in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await relay.publish("news", token: token, ["n": number, "text": text])
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
