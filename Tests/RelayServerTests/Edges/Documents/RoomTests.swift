import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// What the protocol promises its clients.
@Suite("Rooms over /ws, as Zeal's clients join them")
struct RoomTests {
    @Test("a join hands the socket over, and the document comes", .timeLimit(.minutes(1)))
    func joining() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let first = try await RoomClient(relay, token: token)
            defer { first.disconnect() }
            try await first.join("notes/a")
            #expect(await first.next() == .binary(DocumentBytes.step1()))
            first.authenticate(nil)
            first.send(DocumentBytes.step1())
            #expect(await first.next() == .binary(DocumentBytes.step2(DocumentBytes.nothing)))
            first.send(DocumentBytes.update(DocumentBytes.x))
            #expect(await first.next() == .binary(DocumentBytes.update(DocumentBytes.x)))
            first.send(DocumentBytes.update(DocumentBytes.x))
            #expect(await first.next() == .binary(DocumentBytes.update(DocumentBytes.x)), "an echo, for it is known")
            let second = try await RoomClient(relay, token: token)
            defer { second.disconnect() }
            try await second.join("notes/a")
            #expect(await second.next() == .binary(DocumentBytes.step1([1, 8, 1])))
            second.send(DocumentBytes.step1())
            #expect(await second.next() == .binary(DocumentBytes.step2(DocumentBytes.x)))
            // The other protocols have the same document.
            let late = try await HocuspocusClient(relay, token: token)
            defer { late.disconnect() }
            #expect(try await late.enter("notes/a") == DocumentBytes.x)
        }
    }

    @Test("who shows no token has joined, and gets nothing before it has shown one", .timeLimit(.minutes(1)))
    func authentication() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await RoomClient(relay)
            defer { client.disconnect() }
            try await client.join("r")
            client.send([3])
            #expect(await client.failure() == "Permission denied")
            client.authenticate("nonsense")
            #expect(await client.next()?.bytes?.prefix(2) == [2, 0])
            #expect(await client.failure() == "Permission denied")
            client.authenticate(token)
            #expect(await client.next() == .binary(DocumentBytes.step1()))
            client.send(DocumentBytes.step1())
            #expect(await client.next() == .binary(DocumentBytes.step2(DocumentBytes.nothing)))
            // Another token of the same user changes nothing, and another user is let in anew, or not.
            client.authenticate(try await relay.administratorToken)
            client.send([3])
            #expect(await client.next() == .binary([1, 1, 0]))
            client.authenticate(try await relay.makeUser("other", by: token).token)
            #expect(await client.failure() == "Permission denied")
        }
    }

    @Test("who never shows a token is put out", .timeLimit(.minutes(1)))
    func noToken() async throws {
        try await withRelay {
            $0.signaling.joinPatience = .seconds(1)
        } _: { relay in
            let client = try await RoomClient(relay)
            try await client.join("r")
            #expect(await client.failure() == "Permission denied")
            #expect(await client.closeCode() == 4401)
        }
    }

    @Test("a second join leaves the first room, and a leave the last", .timeLimit(.minutes(1)))
    func leaving() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await RoomClient(relay, token: token)
            defer { client.disconnect() }
            try await client.join("one")
            #expect(await client.next() == .binary(DocumentBytes.step1()))
            client.send(DocumentBytes.step1())
            _ = await client.next()
            try await client.join("two")
            #expect(await client.next() == .binary(DocumentBytes.step1()))
            let other = try await RoomClient(relay, token: token)
            defer { other.disconnect() }
            try await other.join("one")
            other.send(DocumentBytes.step1())
            other.send(DocumentBytes.update(DocumentBytes.x))
            // Its echo says that it is stored.
            while let message = await other.next(), message != .binary(DocumentBytes.update(DocumentBytes.x)) {}
            client.send([3])
            #expect(await client.next() == .binary([1, 1, 0]), "the first room's update does not come")
            try client.say("leave", "two")
            client.send([3])
            #expect(await client.failure() == "Not joined")
            try client.say("dance", "two")
            #expect(await client.failure() == "Malformed message")
            client.send([2, 1, 0x7B])
            #expect(await client.failure() == "Malformed message")
            try await client.join("one")
            #expect(await client.next() == .binary(DocumentBytes.step1([1, 8, 1])))
        }
    }

    @Test("awareness is read in both spellings, and sent in the client's own", .timeLimit(.minutes(1)))
    func spellings() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let long = try await RoomClient(relay, token: token)
            let bare = try await RoomClient(relay, token: token)
            defer { for client in [long, bare] { client.disconnect() } }
            for client in [long, bare] {
                try await client.join("w")
                #expect(await client.next() == .binary(DocumentBytes.step1()))
            }
            let states = (1...3).map { DocumentBytes.awareness(8, clock: $0, "{}") }
            let removal = DocumentBytes.awareness(8, clock: 1, "null")
            func bared(_ message: [UInt8]) -> [UInt8] { [1] + message.dropFirst(2) }
            bare.send(bared(states[0]))
            #expect(await bare.next() == .binary(bared(removal)))
            bare.send(bared(states[1]))
            #expect(await bare.next() == .binary(bared(states[1])))
            #expect(await long.next() == .binary(states[1]))
            bare.send(states[2])
            #expect(await bare.next() == .binary(states[2]))
            #expect(await long.next() == .binary(states[2]))
        }
    }

    @Test("custom messages reach the others of this protocol, and heartbeats nobody", .timeLimit(.minutes(1)))
    func custom() async throws {
        try await withTwoRelays { first, second in
            let token = try await first.administratorToken
            let clients = [
                try await RoomClient(first, token: token), try await RoomClient(first, token: token),
                try await RoomClient(second, token: token),
            ]
            for client in clients {
                try await client.join("c")
                #expect(await client.next() == .binary(DocumentBytes.step1()))
            }
            let hocuspocus = try await HocuspocusClient(first, token: token)
            try await hocuspocus.enter("c")
            let heartbeat = [4] + DocumentBytes.text(#"{"type":"heartbeat","timestamp":1}"#)
            let custom = [4] + DocumentBytes.text(#"{"type":"cursor","at":[1,2]}"#)
            clients[0].send(heartbeat)
            clients[0].send(custom)
            hocuspocus.send("c", [5] + DocumentBytes.text("not for rooms"))
            for client in clients.dropFirst() { #expect(await client.next() == .binary(custom)) }
            for client in clients {
                client.send([3])
                #expect(await client.next() == .binary([1, 1, 0]))
            }
            hocuspocus.send("c", [3])
            #expect(await hocuspocus.next()?.body == [1, 1, 0])
            for client in clients { client.disconnect() }
            hocuspocus.disconnect()
        }
    }

    @Test("each bound has its text", .timeLimit(.minutes(1)))
    func bounds() async throws {
        try await withRelay {
            $0.documents.maxConnections = 1
            $0.documents.maxLoaded = 2
            $0.server.maxBodyBytes = 65_536
        } _: { relay in
            let token = try await relay.administratorToken
            var clients: [RoomClient] = []
            defer { for client in clients { client.disconnect() } }
            for _ in 0..<4 { clients.append(try await RoomClient(relay, token: token)) }
            try await clients[0].join("one")
            try await clients[1].join("two")
            try clients[2].say("join", "one")
            #expect(await clients[2].failure() == "Room capacity reached")
            try clients[2].say("join", "three")
            #expect(await clients[2].failure() == "Room limit reached")
            // The socket is open all the same.
            try clients[0].say("leave", "one")
            clients[0].send([3])
            #expect(await clients[0].failure() == "Not joined")
            try await clients[2].join("one")
            clients[2].send(DocumentBytes.update([UInt8](repeating: 0, count: 70_000)))
            #expect(await clients[2].failure() == "Message too large")
            #expect(await clients[2].closeCode() == 1009)
            let reader = try await relay.makeUser("reader", permissions: ["read"], by: token)
            let client = try await RoomClient(relay, token: reader.token)
            clients.append(client)
            try client.say("join", "one")
            #expect(await client.failure() == "Permission denied")
        }
    }

    @Test("statistics are for all, and names of rooms for administrators", .timeLimit(.minutes(1)))
    func statistics() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: token)
            let client = try await RoomClient(relay, token: user.token)
            defer { client.disconnect() }
            try await client.join("plan")
            let open = try await relay.send(.GET, "/stats").object
            #expect(open["status"] as? String == "running")
            for (name, value) in [
                "rooms": 1, "total_clients": 1, "totalClients": 1, "max_rooms": 1_000, "max_clients_per_room": 100,
            ] { #expect(open[name] as? Int == value, "\(name)") }
            #expect(open["roomDetails"] == nil)
            #expect(try await relay.send(.GET, "/stats", token: user.token).object["roomDetails"] == nil)
            let details = try await relay.send(.GET, "/stats", token: token).object["roomDetails"] as? [[String: Any]]
            #expect(details?.count == 1)
            #expect(details?.first?["name"] as? String == "plan")
            #expect(details?.first?["clients"] as? Int == 1)
            let health = try await relay.send(.GET, "/health").object
            for name in ["status", "timestamp", "service", "checks"] { #expect(health[name] != nil, "\(name)") }
        }
    }
}
