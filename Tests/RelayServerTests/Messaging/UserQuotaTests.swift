import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("What one user may have under way", .timeLimit(.minutes(3)))
struct UserQuotaTests {
    private static let refusal = "Too many subscriptions"

    private func subscriptions(_ relay: TestRelay) async throws -> Int? {
        let lines = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix("relay_subscriptions_active ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }
    }

    private func until(_ count: Int, _ relay: TestRelay) async throws {
        while try await self.subscriptions(relay) != count { try Task.checkCancellation() }
    }

    @Test("topics of WebSockets, event streams and waiting polls have one bound, and each way to an end gives back")
    func subscriptions() async throws {
        try await withRelay {
            $0.quotas.maxSubscriptionsPerUser = 3
        } _: { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: admin)
            let socket = try await TestWebSocket(relay, token: user.token)
            #expect(try await socket.subscribe(["a", "b"]).type == "subscribed")
            let stream = try await TestEventStream(relay, token: user.token, query: "topics=c")
            _ = await stream.next()
            #expect(try await self.subscriptions(relay) == 3)

            let poll = try await relay.poll(["d"], token: user.token, timeout: 1)
            #expect(poll.status == 429 && poll.detail == Self.refusal)
            let refused = try await relay.send(.GET, "/sse?topics=d", token: user.token)
            #expect(refused.status == 429 && refused.detail == Self.refusal)
            let frame = try await socket.subscribe(["d"])
            #expect(frame.type == "error" && frame.object["message"] as? String == Self.refusal)
            #expect(frame.object["code"] as? String == "SUBSCRIPTION_ERROR")
            #expect(try await self.subscriptions(relay) == 3)
            #expect(try await relay.poll(["d"], token: admin, timeout: 1).status == 200)

            try socket.send(json: ["type": "unsubscribe", "topics": ["b", "nothing"]])
            try await self.until(2, relay)
            for _ in 0..<3 { #expect(try await relay.poll(["d"], token: user.token, timeout: 1).status == 200) }
            #expect(try await socket.subscribe(["d"]).type == "subscribed")
            try await self.until(3, relay)
            stream.connection.disconnect()
            try await self.until(2, relay)
            let waiting = try await relay.openPoll(["e"], token: user.token)
            try await self.until(3, relay)
            waiting.disconnect()
            try await self.until(2, relay)
            socket.connection.disconnect()
            try await self.until(0, relay)
        }
    }

    @Test("a topic that is deleted or withdrawn is given back, and so is all of a user that is deactivated")
    func ends() async throws {
        try await withRelay { _ in
        } _: { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: admin)
            for topic in ["a", "b"] { try await relay.publish(topic, token: user.token) }
            let socket = try await TestWebSocket(relay, token: user.token)
            #expect(try await socket.subscribe(["a", "b"]).type == "subscribed")
            let stream = try await TestEventStream(relay, token: user.token, query: "topics=a,b")
            _ = await stream.next()
            let waiting = try await relay.openPoll(["b"], token: user.token)
            try await self.until(5, relay)
            #expect(try await relay.send(.DELETE, "/api/v1/topics/a", token: user.token).status == 204)
            try await self.until(3, relay)
            let path = "/auth/users/\(user.id)"
            let reply = try await relay.send(.PATCH, path, token: admin, json: ["is_active": false])
            #expect(reply.status == 200, "\(reply)")
            try await self.until(0, relay)
            waiting.disconnect()
        }
    }

    @Test("what readers hold is charged, and past its bound readers are refused in their own protocols")
    func memory() async throws {
        try await withRelay {
            $0.memory.maxReaderBytes = 1_024
        } _: { relay in
            let admin = try await relay.administratorToken
            let socket = try await TestWebSocket(relay, token: admin)
            #expect(try await socket.subscribe(["a", "b"]).type == "subscribed")
            let lines = try await relay.send(.GET, "/metrics").text
            #expect(lines.contains("relay_memory_bytes{account=\"readers\"} 1024"))
            #expect(try await relay.poll(["d"], token: admin, timeout: 1).status == 503)
            #expect(try await relay.send(.GET, "/sse?topics=d", token: admin).status == 503)
            let frame = try await socket.subscribe(["d"])
            #expect(frame.object["message"] as? String == "Server is overloaded, try again later")
            socket.connection.disconnect()
            try await self.until(0, relay)
            #expect(try await relay.poll(["d"], token: admin, timeout: 1).status == 200)
        }
    }

    @Test("messages that wait for the store have a bound, which an answer gives back")
    func waiting() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "quota-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withRelay {
            $0.storage.backend = .sqlite
            $0.storage.dataDirectory = folder.path()
            $0.quotas.maxWaitingPublishesPerUser = 1
        } _: { relay in
            let admin = try await relay.administratorToken
            try await relay.publish("t", token: admin)
            let socket = try await TestWebSocket(relay, token: admin)
            #expect(try await socket.subscribe(["other"]).type == "subscribed")
            for number in 0..<20 {
                try socket.send(json: ["type": "publish", "id": "\(number)", "topic": "t", "payload": ["n": number]])
            }
            var refused = 0
            for _ in 0..<20 {
                let frame = try #require(await socket.next())
                guard frame.type == "error" else { continue }
                refused += 1
                let message = "Too many of your messages wait to be stored, try again later"
                #expect(frame.object["message"] as? String == message)
            }
            #expect((1..<20).contains(refused))
            try await relay.publish("t", token: admin)
        }
    }
}
