import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// What Zeal's own server gets wrong.
@Suite("Rooms, over /ws and by Socket.IO: defects of the protocol's first server")
struct ZealDefectTests {
    private func enter(
        _ relay: TestRelay,
        _ room: String,
        _ token: String,
        _ dialect: RoomDialect
    ) async throws -> RoomClient {
        let client = try await RoomClient(relay, token: token, over: dialect)
        try await client.join(room)
        _ = await client.next()
        return client
    }

    private func content(_ client: RoomClient) async -> [UInt8]? {
        client.send(DocumentBytes.step1())
        while let message = await client.next() {
            guard var bytes = message.bytes, bytes.prefix(2) == [0, 1] else { continue }
            bytes.removeFirst(2)
            return DocumentBytes.takeBlock(&bytes)
        }
        return nil
    }

    @Test(
        "1, 2, 9: the last who leaves loses nothing, and a reader stores nothing",
        .timeLimit(.minutes(1)),
        arguments: RoomDialect.allCases
    )
    func kept(_ dialect: RoomDialect) async throws {
        try await withRelay {
            $0.documents.idle = .seconds(1)
        } _: { relay in
            let token = try await relay.administratorToken
            let writer = try await self.enter(relay, "kept", token, dialect)
            #expect(await self.content(writer) == DocumentBytes.nothing)
            writer.send(DocumentBytes.update(DocumentBytes.x))
            #expect(await writer.next() == .binary(DocumentBytes.update(DocumentBytes.x)))
            try writer.say("leave", "kept")
            writer.disconnect()
            func loaded() async throws -> Int? { try await relay.send(.GET, "/stats").object["rooms"] as? Int }
            while try await loaded() != 0 { try await Task.sleep(for: .milliseconds(50)) }
            let reader = try await self.enter(relay, "kept", token, dialect)
            #expect(await self.content(reader) == DocumentBytes.x)
            for _ in 0..<10 { reader.send(DocumentBytes.step1()) }
            reader.send(DocumentBytes.step2(DocumentBytes.x))
            let shown = try await relay.send(.GET, "/api/v1/documents/kept", token: token).object
            #expect(shown["updates"] as? Int == 1)
            reader.disconnect()
        }
    }

    @Test(
        "3, 4: connections that are cut leave no ghosts in the room",
        .timeLimit(.minutes(1)),
        arguments: RoomDialect.allCases
    )
    func ghosts(_ dialect: RoomDialect) async throws {
        try await withRelay {
            $0.documents.maxConnections = 3
        } _: { relay in
            let token = try await relay.administratorToken
            for round in 0..<8 {
                // The place of one that was cut is free as soon as the relay knows.
                while true {
                    let client = try await RoomClient(relay, token: token, over: dialect)
                    try client.say("join", "ghosts")
                    guard case .text(let fields) = await client.next() else { continue }
                    client.disconnect()
                    if fields["action"] == "joined" { break }
                    try #require(fields["error"] == "Room capacity reached", "round \(round): \(fields)")
                }
            }
            func clients() async throws -> Int? { try await relay.send(.GET, "/stats").object["totalClients"] as? Int }
            while try await clients() != 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    @Test("5: an error says what it is where clients look", .timeLimit(.minutes(1)), arguments: RoomDialect.allCases)
    func errors(_ dialect: RoomDialect) async throws {
        try await withRelay { relay in
            let client = try await RoomClient(relay, token: try await relay.administratorToken, over: dialect)
            defer { client.disconnect() }
            try client.say("join", "")
            let expected = ["action": "error", "error": "Malformed message", "code": "MALFORMED_MESSAGE"]
            #expect(await client.next() == .text(expected))
        }
    }

    @Test(
        "6: a step 1 or an invalid update is passed on to nobody",
        .timeLimit(.minutes(1)),
        arguments: RoomDialect.allCases
    )
    func forwarding(_ dialect: RoomDialect) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let speaker = try await self.enter(relay, "f", token, dialect)
            let listener = try await self.enter(relay, "f", token, dialect)
            defer { for client in [speaker, listener] { client.disconnect() } }
            #expect(await self.content(listener) == DocumentBytes.nothing)
            speaker.send(DocumentBytes.step1())
            speaker.send(DocumentBytes.step2(DocumentBytes.nothing))
            speaker.send(DocumentBytes.update([9, 9, 9]))
            #expect(await speaker.failure() == "Malformed message")
            listener.send([3])
            #expect(await listener.next() == .binary(dialect.nobody))
        }
    }

    @Test(
        "7: who is in no room, or may not be, says nothing to it",
        .timeLimit(.minutes(1)),
        arguments: RoomDialect.allCases
    )
    func membership(_ dialect: RoomDialect) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let member = try await self.enter(relay, "m", token, dialect)
            #expect(await self.content(member) == DocumentBytes.nothing)
            let user = try await relay.makeUser("other", by: token)
            let other = try await RoomClient(relay, token: user.token, over: dialect)
            defer { for client in [member, other] { client.disconnect() } }
            try other.say("join", "m")
            #expect(await other.failure() == "Permission denied")
            for message in [DocumentBytes.update(DocumentBytes.x), [4] + DocumentBytes.text("{}")] {
                other.send(message)
                #expect(await other.failure() == "Not joined")
            }
            member.send([3])
            #expect(await member.next() == .binary(dialect.nobody))
        }
    }

    @Test(
        "8: presence has clocks, ends with the connection, and is bounded before it is sent",
        .timeLimit(.minutes(1)),
        arguments: RoomDialect.allCases
    )
    func presence(_ dialect: RoomDialect) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let owner = try await self.enter(relay, "p", token, dialect)
            let other = try await self.enter(relay, "p", token, dialect)
            defer { other.disconnect() }
            let long = "\"" + String(repeating: "x", count: 50_000) + "\""
            owner.send(DocumentBytes.awareness(7, clock: 1, long))
            owner.send(DocumentBytes.awareness(8, clock: 1, "{}"))
            owner.send(DocumentBytes.awareness(8, clock: 2, "{}"))
            #expect(await other.next() == .binary(dialect.awareness(8, clock: 2, "{}")))
            owner.send(DocumentBytes.awareness(8, clock: 2, "{}"))
            owner.send(DocumentBytes.awareness(8, clock: 3, "{}"))
            #expect(await other.next() == .binary(dialect.awareness(8, clock: 3, "{}")))
            owner.disconnect()
            #expect(await other.next() == .binary(dialect.awareness(8, clock: 3, "null")))
            let late = try await self.enter(relay, "p", token, dialect)
            defer { late.disconnect() }
            late.send([3])
            #expect(await late.next() == .binary(dialect.nobody), "nobody is replayed")
        }
    }

    @Test("10: two who join at once are in one room", .timeLimit(.minutes(1)), arguments: RoomDialect.allCases)
    func race(_ dialect: RoomDialect) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for round in 0..<5 {
                let clients = [
                    try await RoomClient(relay, token: token, over: dialect),
                    try await RoomClient(relay, token: token, over: dialect),
                ]
                for client in clients { try client.say("join", "race\(round)") }
                for client in clients {
                    _ = await client.next()
                    _ = await client.next()
                    #expect(await self.content(client) == DocumentBytes.nothing)
                }
                clients[0].send(DocumentBytes.update(DocumentBytes.x))
                #expect(await clients[1].next() == .binary(DocumentBytes.update(DocumentBytes.x)))
                for client in clients { client.disconnect() }
            }
        }
    }
}
