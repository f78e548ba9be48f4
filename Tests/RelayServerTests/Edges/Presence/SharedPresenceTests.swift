import NIOHTTP1
import RelayServer
import Testing

@Suite("Presence on two relays", .timeLimit(.minutes(2)))
struct SharedPresenceTests {
    @Test("members of either are told of by both, and those of one that stops have left at once")
    func both() async throws {
        try await withTwoRelays { first, second in
            let admin = try await first.administratorToken
            let alice = try await first.makeUser("alice", by: admin)
            let bob = try await first.makeUser("bob", by: admin)
            try await first.publish("room", token: admin)
            for user in [alice, bob] {
                let granted = try await first.send(
                    .POST,
                    "/api/v1/topics/room/permissions",
                    token: admin,
                    json: ["user_id": user.id]
                )
                #expect(granted.status == 201)
            }
            let here = try await TestWebSocket.open(first, alice)
            let there = try await TestWebSocket.open(second, bob)
            let eye = try await TestWebSocket.open(second, bob)
            defer { for socket in [here, there, eye] { socket.connection.disconnect() } }
            try await here.join("room", data: "here")
            var view = PresenceView()
            try eye.presence("watch", "room")
            try await eye.watch(&view) { $0.shown == ["here"] }
            try await there.join("room", data: "there")
            try await eye.watch(&view) { $0.shown == ["here", "there"] }
            #expect(try await first.roster("room", token: admin).shown == ["here", "there"])
            #expect(try await second.roster("room", token: admin).shown == ["here", "there"])
            await first.shutDown()
            try await eye.watch(&view) { $0.shown == ["there"] }
            #expect(view.syncs == 1)
        }
    }
}
