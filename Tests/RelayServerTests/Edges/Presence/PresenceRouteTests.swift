import NIOHTTP1
import RelayServer
import Testing

@Suite("Presence over REST", .timeLimit(.minutes(1)))
struct PresenceRouteTests {
    @Test("tells who is there by pages, in order, and how many there are in all")
    func pages() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            var sockets: [TestWebSocket] = []
            defer { for socket in sockets { socket.connection.disconnect() } }
            var joined: Set<String> = []
            for number in 0..<5 {
                let socket = try await TestWebSocket.open(relay, alice)
                sockets.append(socket)
                joined.insert(try await socket.join("room", data: ["n": number]))
            }
            var found: [String] = []
            var query = "limit=2"
            for place in 0..<3 {
                let reply = try await relay.send(.GET, "/api/v1/topics/room/presence?\(query)", token: alice.token)
                #expect(reply.status == 200 && reply.object["topic"] as? String == "room")
                #expect(reply.object["connections"] as? Int == 5 && reply.object["users"] as? Int == 1)
                let members = try #require(reply.object["members"] as? [[String: Any]])
                #expect(members.count == (place < 2 ? 2 : 1))
                found += members.compactMap { $0["connection_id"] as? String }
                let next = reply.headers.first(name: "x-next-cursor")
                #expect((next == nil) == (place == 2))
                query = "limit=2&cursor=\(next ?? "")"
            }
            #expect(Set(found) == joined && found.sorted() == found && found.count == 5)
        }
    }

    @Test("is as its topic: nobody's is empty or missing, others' is denied")
    func refusals() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            try await relay.publish("secret", token: admin)
            func status(_ path: String, _ token: String?) async throws -> UInt {
                UInt(try await relay.send(.GET, "/api/v1/topics/\(path)/presence", token: token).status)
            }
            #expect(try await status("secret", admin) == 200)
            #expect(try await status("secret", alice.token) == 403)
            #expect(try await status("secret", nil) == 401)
            #expect(try await status("nothing", alice.token) == 404)
            #expect(try await status("session%2Fx", alice.token) == 404)
            #expect(try await status("secret%20x", alice.token) == 404)
            #expect(try await status("secret", "nonsense") == 401)
            let bad = try await relay.send(.GET, "/api/v1/topics/secret/presence?cursor=a%20b", token: admin)
            #expect(bad.status == 422)
            let none = try await relay.send(.GET, "/api/v1/topics/secret/presence?limit=0", token: admin)
            #expect(none.status == 422)
        }
    }
}
