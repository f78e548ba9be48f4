import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Presence over /ws", .timeLimit(.minutes(2)))
struct PresenceSocketTests {
    @Test("joins, updates and leaves are told to who watches, counted by user and by connection")
    func life() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let watcher = try await relay.makeUser("watcher", permissions: ["read", "write", "admin"], by: admin)
            let eye = try await TestWebSocket.open(relay, watcher)
            let one = try await TestWebSocket.open(relay, alice)
            let two = try await TestWebSocket.open(relay, alice)
            defer { for socket in [eye, one, two] { socket.connection.disconnect() } }
            let answer = try await eye.presenceAnswer("watch", "room")
            #expect(answer.object["action"] as? String == "watching" && answer.object["topic"] as? String == "room")
            var view = PresenceView()
            try await eye.watch(&view) { $0.syncs == 1 }
            #expect(view.members.isEmpty)
            let first = try await one.join("room", data: "desk")
            try await eye.watch(&view) { $0.members.count == 1 }
            #expect(view.members == [first: "desk"] && view.users == [first: "alice"])
            let second = try await two.join("room")
            try await eye.watch(&view) { $0.members.count == 2 }
            #expect(first != second && Set(view.users.values) == ["alice"])

            let updated = try await one.presenceAnswer("update", "room", data: ["x": 1])
            #expect(updated.object["action"] as? String == "updated")
            try await eye.watch(&view) { $0.members[first] != "desk" }
            // A second join replaces what the first said.
            #expect(try await one.join("room", data: "sofa") == first)
            try await eye.watch(&view) { $0.members[first] == "sofa" }
            #expect(view.syncs == 1)

            #expect(try await one.presenceAnswer("leave", "room").object["action"] as? String == "left")
            try await eye.watch(&view) { $0.members[first] == nil }
            #expect(try await one.presenceAnswer("leave", "room").object["action"] as? String == "left")
            #expect(try await one.presenceAnswer("leave", "never").object["action"] as? String == "left")
            two.connection.disconnect()
            try await eye.watch(&view) { $0.members.isEmpty }
            #expect(view.syncs == 1)
        }
    }

    @Test("an update keeps the moment of the join, and moves that of the last word")
    func moments() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let socket = try await TestWebSocket.open(relay, alice)
            defer { socket.connection.disconnect() }
            func member() async throws -> (joined: String, seen: String) {
                let roster = try await socket.presenceAnswer("get", "room")
                let members = try #require(roster.object["members"] as? [[String: Any]])
                try #require(members.count == 1)
                return (
                    try #require(members[0]["joined_at"] as? String), try #require(members[0]["last_seen"] as? String)
                )
            }
            try await socket.join("room")
            let before = try await member()
            // Moments are told in milliseconds.
            try await Task.sleep(for: .milliseconds(5))
            #expect(before.joined == before.seen)
            _ = try await socket.presenceAnswer("update", "room", data: 1)
            let after = try await member()
            #expect(after.joined == before.joined && after.seen > before.seen)
        }
    }

    @Test("who unwatches is told no more, who watches again is told all, and a cursor brings what has changed")
    func watching() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let eye = try await TestWebSocket.open(relay, alice)
            let other = try await TestWebSocket.open(relay, alice)
            defer { for socket in [eye, other] { socket.connection.disconnect() } }
            try await other.join("room", data: "a")
            var view = PresenceView()
            try eye.presence("watch", "room")
            try await eye.watch(&view) { $0.shown == ["a"] }
            let cursor = try #require(view.cursor)
            // The first may have been a roster without the member.
            let before = view.reports
            #expect(try await eye.presenceAnswer("unwatch", "room").object["action"] as? String == "unwatched")
            #expect(try await eye.presenceAnswer("unwatch", "room").object["action"] as? String == "unwatched")
            _ = try await other.presenceAnswer("update", "room", data: "b")
            try eye.send(json: ["type": "ping"])
            #expect(await eye.next()?.type == "pong")
            try eye.presence("watch", "room", cursor: cursor)
            try await eye.watch(&view) { $0.shown == ["b"] }
            #expect(view.syncs == 1 && view.reports == before + 1)
            _ = try await eye.presenceAnswer("unwatch", "room")
            try eye.presence("watch", "room")
            try await eye.watch(&view) { $0.syncs == 2 }
            #expect(view.shown == ["b"])
            try eye.presence("watch", "other", cursor: "nothing that a relay has told")
            var second = PresenceView()
            try await eye.watch(&second) { $0.syncs == 1 }
        }
    }

    @Test("what can't be carried out is an error with its id, and the connection stays")
    func refusals() async throws {
        try await withRelay {
            $0.presence.maxDataBytes = 10
            $0.presence.maxTopicsPerConnection = 2
            $0.presence.maxMembersPerUser = 3
            $0.presence.maxMembersPerTopic = 2
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let reader = try await relay.makeUser("reader", permissions: ["read"], by: admin)
            try await relay.publish("secret", token: admin)
            let socket = try await TestWebSocket.open(relay, alice)
            let other = try await TestWebSocket.open(relay, alice)
            let poor = try await TestWebSocket.open(relay, reader)
            defer { for socket in [socket, other, poor] { socket.connection.disconnect() } }
            func message(_ socket: TestWebSocket, _ action: String, _ topic: String, _ data: Any? = nil) async throws
                -> String
            {
                let frame = try await socket.presenceAnswer(action, topic, data: data)
                #expect(frame.type == "error" && frame.object["code"] as? String == "PROCESSING_ERROR", "\(frame.text)")
                return frame.object["message"] as? String ?? ""
            }
            let denied = "Access denied to one or more requested topics"
            for action in ["join", "watch", "get"] {
                #expect(try await message(socket, action, "secret") == denied, "\(action)")
                #expect(try await message(socket, action, "session/abc") == "Topics of this kind have no presence")
                #expect(try await message(socket, action, "presence/room") == "Topics of this kind have no presence")
            }
            #expect(try await message(socket, "update", "room") == "No member of this topic: join first")
            #expect(
                try await message(socket, "join", "room", "123456789")
                    == "The data of a member is at most 10 bytes of JSON"
            )
            try await socket.join("room", data: "12345678")
            try await socket.join("two")
            #expect(try await message(socket, "join", "three") == "A connection is a member of 2 topics at most")
            try await other.join("room")
            #expect(try await message(other, "join", "two") == "You are a member 3 times, as often as a user may be")
            // Who makes a topic by joining it has to have leave to write.
            #expect(try await poor.presenceAnswer("join", "new").type == "error")
            try socket.send(json: ["type": "presence", "action": "dance", "topic": "room"])
            let frame = try #require(await socket.next("error"))
            #expect((frame.object["details"] as? [String: Any])?["field"] as? String == "action")
            #expect(try await relay.roster("room", token: alice.token).members.count == 2)
        }
    }

    @Test("a topic has as many members as it may have, whoever they are")
    func full() async throws {
        try await withRelay {
            $0.presence.maxMembersPerTopic = 1
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let (one, two) = (try await TestWebSocket.open(relay, alice), try await TestWebSocket.open(relay, alice))
            defer { for socket in [one, two] { socket.connection.disconnect() } }
            try await one.join("room")
            let refused = try await two.presenceAnswer("join", "room")
            #expect(refused.object["message"] as? String == "The topic has as many members as it may have")
            _ = try await one.presenceAnswer("leave", "room")
            // The place is free once that is written.
            while try await two.presenceAnswer("join", "room").type == "error" { try Task.checkCancellation() }
            #expect(try await relay.roster("room", token: alice.token).members.count == 1)
        }
    }

    @Test("a connection follows no more topics than it may, whatever it wants of them")
    func topics() async throws {
        try await withRelay {
            $0.webSocket.maxTopics = 3
        } _: { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let socket = try await TestWebSocket.open(relay, alice)
            defer { socket.connection.disconnect() }
            #expect(try await socket.presenceAnswer("watch", "a").object["action"] as? String == "watching")
            _ = try await socket.subscribe(["b"])
            try socket.send(json: ["type": "subscribe", "topics": ["c"]])
            let refused = try #require(await socket.next("error"))
            #expect(refused.object["message"] as? String == "Too many topics on one connection")
            let second = try await socket.presenceAnswer("join", "d")
            #expect(second.object["message"] as? String == "Too many topics on one connection")
            _ = try await socket.presenceAnswer("unwatch", "a")
            #expect(try await socket.presenceAnswer("join", "d").object["action"] as? String == "joined")
        }
    }

    @Test("a roster for which there is no room is refused, and the connection stays")
    func noRoom() async throws {
        try await withRelay {
            $0.memory.maxAnswerBytes = 16 << 10
        } _: { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let socket = try await TestWebSocket.open(relay, alice)
            defer { socket.connection.disconnect() }
            try await socket.join("room", data: String(repeating: "x", count: 20_000))
            let refused = try await socket.presenceAnswer("get", "room")
            #expect(refused.object["message"] as? String == "Server is overloaded, try again later")
            _ = try await socket.presenceAnswer("update", "room", data: "x")
            let roster = try await socket.presenceAnswer("get", "room")
            #expect(roster.object["action"] as? String == "sync", "\(roster.text)")
        }
    }

    @Test("presence comes after the first subscribe, as all but that")
    func first() async throws {
        try await withRelay { relay in
            let socket = try await TestWebSocket(relay, token: try await relay.administratorToken)
            defer { socket.connection.disconnect() }
            try socket.presence("join", "room", id: 1)
            #expect(await socket.next()?.object["code"] as? String == "SUBSCRIPTION_ERROR")
            #expect(await socket.next()?.closeCode == 1_000)
        }
    }

    @Test("a client that does not read gets what holds in the end, in one report or two")
    func slow() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let eye = try await TestWebSocket.open(relay, alice)
            let member = try await TestWebSocket.open(relay, alice)
            defer { for socket in [eye, member] { socket.connection.disconnect() } }
            _ = try await eye.subscribe(["bulk"])
            var view = PresenceView()
            try eye.presence("watch", "room")
            try await eye.watch(&view) { $0.syncs == 1 }
            try await eye.connection.channel.setOption(.autoRead, value: false).get()
            // More than any socket takes.
            let filler = String(repeating: "x", count: 900_000)
            for _ in 0..<12 { try await relay.publish("bulk", token: alice.token, ["filler": filler]) }
            for number in 0..<200 { try await member.join("room", data: "\(number)") }
            try await eye.connection.channel.setOption(.autoRead, value: true).get()
            let before = view.reports
            try await eye.watch(&view) { $0.shown == ["199"] }
            #expect(view.reports - before < 100)
        }
    }
}
