import NIOHTTP1
import RelayServer
import Testing

@Suite("Who may be present, and for how long", .timeLimit(.minutes(2)))
struct PresenceAccessTests {
    /// Alice owns `room`; bob was granted it, is there, and is watched by alice.
    private func withBob(
        _ body:
            @Sendable @escaping (TestRelay, _ admin: String, _ alice: TestUser, _ bob: TestUser, Sockets) async throws
            -> Void
    ) async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            try await relay.publish("room", token: alice.token)
            let granted = try await relay.send(
                .POST,
                "/api/v1/topics/room/permissions",
                token: alice.token,
                json: ["username": "bob"]
            )
            try #require(granted.status == 201)
            let sockets = Sockets(
                eye: try await TestWebSocket.open(relay, alice),
                bob: try await TestWebSocket.open(relay, bob)
            )
            defer { for socket in [sockets.eye, sockets.bob] { socket.connection.disconnect() } }
            try await sockets.bob.join("room", data: "here")
            try sockets.eye.presence("watch", "room")
            try await body(relay, admin, alice, bob, sockets)
        }
    }

    private struct Sockets: @unchecked Sendable {
        let eye: TestWebSocket
        let bob: TestWebSocket
    }

    @Test("who loses the topic has left it, and is told so")
    func withdrawn() async throws {
        try await self.withBob { relay, _, alice, bob, sockets in
            var view = PresenceView()
            try await sockets.eye.watch(&view) { $0.shown == ["here"] }
            let path = "/api/v1/topics/room/permissions/\(bob.id)"
            #expect(try await relay.send(.DELETE, path, token: alice.token).status == 204)
            try await sockets.eye.watch(&view) { $0.members.isEmpty }
            let told = try #require(await sockets.bob.next("error"))
            #expect(told.object["message"] as? String == "Access to topic 'room' was withdrawn")
            let again = try await sockets.bob.presenceAnswer("join", "room")
            #expect(again.type == "error")
            #expect(try await relay.roster("room", token: alice.token).members.isEmpty)
        }
    }

    @Test("who shows a token that does not reach the topic has left it")
    func narrowed() async throws {
        try await self.withBob { relay, _, _, bob, sockets in
            var view = PresenceView()
            try await sockets.eye.watch(&view) { $0.shown == ["here"] }
            let narrow = try await relay.serviceToken(["elsewhere-bob"], token: bob.token)
            try sockets.bob.send(json: ["type": "auth", "token": narrow.text])
            try await sockets.eye.watch(&view) { $0.members.isEmpty }
            let told = try #require(await sockets.bob.next("error"))
            #expect(told.object["message"] as? String == "Access to topic 'room' was withdrawn")
        }
    }

    @Test("who is deactivated has left")
    func deactivated() async throws {
        try await self.withBob { relay, admin, _, bob, sockets in
            var view = PresenceView()
            try await sockets.eye.watch(&view) { $0.shown == ["here"] }
            let changed = try await relay.send(
                .PATCH,
                "/auth/users/\(bob.id)",
                token: admin,
                json: ["is_active": false]
            )
            #expect(changed.status == 200)
            try await sockets.eye.watch(&view) { $0.members.isEmpty }
        }
    }

    @Test("with its topic who was there is gone, also for a new topic of that name")
    func deleted() async throws {
        try await self.withBob { relay, admin, alice, _, sockets in
            var view = PresenceView()
            try await sockets.eye.watch(&view) { $0.shown == ["here"] }
            #expect(try await relay.send(.DELETE, "/api/v1/topics/room", token: alice.token).status == 204)
            for socket in [sockets.eye, sockets.bob] {
                let told = try #require(await socket.next("error"))
                #expect(told.object["message"] as? String == "Topic 'room' was deleted")
            }
            #expect(try await relay.send(.GET, "/api/v1/topics/room/presence", token: alice.token).status == 404)
            try await relay.publish("room", token: admin)
            #expect(try await relay.roster("room", token: admin).members.isEmpty)
            let refused = try await sockets.bob.presenceAnswer("join", "room")
            #expect(refused.type == "error")
            let again = try await relay.send(.GET, "/api/v1/topics/room/presence", token: alice.token)
            #expect(again.status == 403)
        }
    }

    @Test("the topic of a presence is read as its topic is, and written by nobody")
    func topic() async throws {
        try await self.withBob { relay, admin, alice, bob, _ in
            let carol = try await relay.makeUser("carol", by: admin)
            for (token, read) in [(admin, 200), (alice.token, 200), (bob.token, 200), (carol.token, 403)] {
                let path = "/api/v1/topics/presence%2Froom/messages"
                #expect(try await relay.send(.GET, path, token: token).status == read)
                let published = try await relay.send(
                    .POST,
                    "/api/v1/messages",
                    token: token,
                    json: ["topic": "presence/room", "payload": ["x": 1]]
                )
                #expect([403, 404, 422].contains(published.status), "\(published)")
            }
        }
    }
}
