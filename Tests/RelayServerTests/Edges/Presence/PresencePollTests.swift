import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Presence by polls", .timeLimit(.minutes(2)))
struct PresencePollTests {
    private func poll(
        _ relay: TestRelay,
        _ token: String,
        _ presence: [String: String?],
        topics: [String]? = nil,
        timeout: Int = 30
    ) async throws -> TestReply {
        var body: [String: Any] = ["presence": presence.mapValues { $0 ?? NSNull() as Any }, "timeout": timeout]
        body["topics"] = topics
        return try await relay.send(.POST, "/messages/poll", token: token, json: body)
    }

    private func report(_ reply: TestReply, _ topic: String) throws -> [String: Any] {
        try #require(reply.status == 200, "\(reply)")
        let presence = try #require(reply.object["presence"] as? [String: Any])
        return try #require(presence[topic] as? [String: Any])
    }

    @Test("the first brings all who are there, the next waits for what changes")
    func following() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let socket = try await TestWebSocket.open(relay, alice)
            defer { socket.connection.disconnect() }
            let id = try await socket.join("room", data: "a")
            var view = PresenceView()
            try view.take(try self.report(try await self.poll(relay, alice.token, ["room": nil]), "room"))
            #expect(view.syncs == 1 && view.members == [id: "a"])

            let quiet = try await self.poll(relay, alice.token, ["room": view.cursor], timeout: 1)
            #expect(quiet.status == 200 && quiet.object["presence"] == nil)

            let since: [String: String?] = ["room": view.cursor]
            async let waiting = self.poll(relay, alice.token, since)
            try await relay.untilWaiters(1, token: alice.token)
            _ = try await socket.presenceAnswer("update", "room", data: "b")
            try view.take(try self.report(try await waiting, "room"))
            #expect(view.syncs == 1 && view.members == [id: "b"])

            // What has come between two polls is there at once.
            _ = try await socket.presenceAnswer("leave", "room")
            try view.take(
                try self.report(try await self.poll(relay, alice.token, ["room": view.cursor]), "room")
            )
            #expect(view.syncs == 1 && view.members.isEmpty)
            // As the cursor of REST does.
            let roster = try await relay.roster("room", token: alice.token)
            try await socket.join("room", data: "c")
            try view.take(
                try self.report(try await self.poll(relay, alice.token, ["room": roster.cursor]), "room")
            )
            #expect(view.syncs == 1 && view.shown == ["c"])
        }
    }

    @Test("a poll waits for messages and presence alike")
    func both() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            try await relay.publish("room", token: alice.token)
            let first = try self.report(
                try await self.poll(relay, alice.token, ["room": nil], topics: ["room"]),
                "room"
            )
            let since: [String: String?] = ["room": try #require(first["cursor"] as? String)]
            async let waiting = self.poll(relay, alice.token, since, topics: ["room"])
            try await relay.untilWaiters(1, token: alice.token)
            try await relay.publish("room", token: alice.token, ["n": 2])
            let answer = try await waiting
            #expect(answer.messageIDs.count == 1 && answer.object["presence"] == nil)
        }
    }

    @Test("what can't be asked for is refused as topics are")
    func refusals() async throws {
        try await withRelay {
            $0.poll.maxTopics = 2
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            try await relay.publish("secret", token: admin)
            #expect(try await self.poll(relay, alice.token, ["secret": nil]).status == 403)
            #expect(try await self.poll(relay, alice.token, ["secret": nil, "x": nil]).status == 403)
            #expect(try await self.poll(relay, alice.token, ["x": nil], topics: ["secret"]).status == 403)
            #expect(try await self.poll(relay, alice.token, ["session/x": nil]).status == 422)
            let number = try await relay.send(
                .POST,
                "/messages/poll",
                token: alice.token,
                json: ["presence": ["x": 1]]
            )
            #expect(number.status == 422)
            #expect(try await self.poll(relay, alice.token, [:]).status == 422)
            #expect(try await self.poll(relay, alice.token, ["a": nil, "b": nil, "c": nil]).status == 422)
            // Nothing is held for what was refused.
            let metrics = try await relay.send(.GET, "/metrics").text
            #expect(metrics.contains("\nrelay_subscriptions_active 0\n"))
        }
    }
}
