import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// The rows of the protocol, as a client sees them.
@Suite("Documents over Hocuspocus' protocol")
struct HocuspocusTests {
    typealias Message = HocuspocusClient.Message

    @Test("a client that waits for nothing is answered in order", .timeLimit(.minutes(1)))
    func sequence() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let first = try await HocuspocusClient(relay)
            first.authenticate("a/b", token)
            first.send("a/b", DocumentBytes.step1())
            first.send("a/b", DocumentBytes.awareness(8, clock: 5, "{}"))
            #expect(await first.next() == .accepted("a/b"))
            #expect(await first.next() == Message("a/b", DocumentBytes.step1()))
            #expect(await first.next() == Message("a/b", DocumentBytes.step2(DocumentBytes.nothing)))
            // In its first minute a document asks whom it meets to raise the clock.
            #expect(await first.next() == Message("a/b", DocumentBytes.awareness(8, clock: 5, "null")))
            first.send("a/b", DocumentBytes.awareness(8, clock: 6, "{}"))
            #expect(await first.next() == Message("a/b", DocumentBytes.awareness(8, clock: 6, "{}")))
            first.send("a/b", DocumentBytes.update(DocumentBytes.x))
            let answers = [await first.next(), await first.next()]
            #expect(answers.contains(Message("a/b", DocumentBytes.update(DocumentBytes.x))))
            #expect(answers.contains(.status("a/b", 1)))
            // Whoever comes later learns at once who is there.
            let second = try await HocuspocusClient(relay, token: token)
            second.authenticate("a/b", "")
            #expect(await second.next() == .accepted("a/b"))
            #expect(await second.next() == Message("a/b", DocumentBytes.awareness(8, clock: 6, "{}")))
            second.send("a/b", DocumentBytes.step1())
            #expect(await second.next() == Message("a/b", DocumentBytes.step1([1, 8, 1])))
            #expect(await second.next() == Message("a/b", DocumentBytes.step2(DocumentBytes.x)))
            second.send("a/b", [3])
            #expect(await second.next() == Message("a/b", DocumentBytes.awareness(8, clock: 6, "{}")))
            first.disconnect()
            #expect(await second.next() == Message("a/b", DocumentBytes.awareness(8, clock: 6, "null")))
            second.disconnect()
        }
    }

    @Test("one socket carries many documents, and one of them twice", .timeLimit(.minutes(1)))
    func addresses() async throws {
        try await withRelay { relay in
            let client = try await HocuspocusClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            for address in ["one", "two\u{0}s1", "two\u{0}s2"] { try await client.enter(address) }
            client.send("two\u{0}s1", DocumentBytes.update(DocumentBytes.x))
            var seen: [Message] = []
            for _ in 0..<3 { seen.append(try #require(await client.next())) }
            let update = DocumentBytes.update(DocumentBytes.x)
            #expect(seen.contains(Message("two\u{0}s1", update)) && seen.contains(Message("two\u{0}s2", update)))
            #expect(seen.contains(.status("two\u{0}s1", 1)))
            client.send("one", DocumentBytes.update(DocumentBytes.y))
            seen = [try #require(await client.next()), try #require(await client.next())]
            #expect(seen.contains(Message("one", DocumentBytes.update(DocumentBytes.y))))
            #expect(seen.contains(.status("one", 1)), "nothing of it reaches the other document")
        }
    }

    @Test("who is not let in may try again on the same socket", .timeLimit(.minutes(1)))
    func denied() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await HocuspocusClient(relay)
            defer { client.disconnect() }
            client.authenticate("d", "nonsense")
            client.send("d", DocumentBytes.step1())
            #expect(await client.next()?.body.prefix(2) == [2, 1])
            client.authenticate("d", "")
            #expect(await client.next() == .denied("d", "Not authenticated"))
            client.authenticate("\u{1}", token)
            #expect(await client.next() == .denied("\u{1}", "This is no name of a document"))
            try await client.enter("d", token)
            let other = try await relay.makeUser("other", by: token)
            client.authenticate("d", other.token)
            #expect(await client.next() == .denied("d", "The token is another user's"))
            client.authenticate("d", other.token)
            #expect(await client.next() == .denied("d", "Permission denied"), "the document is the administrator's")
            client.authenticate("d", token)
            #expect(await client.next() == .accepted("d"))
        }
    }

    @Test("one user has a share of a document's places, in however many sessions of a socket", .timeLimit(.minutes(1)))
    func share() async throws {
        try await withRelay {
            $0.documents.maxConnections = 5
            $0.documents.maxConnectionsPerUser = 2
        } _: { relay in
            let token = try await relay.administratorToken
            let client = try await HocuspocusClient(relay, token: token)
            defer { client.disconnect() }
            try await client.enter("d\01")
            try await client.enter("d\02")
            client.authenticate("d\03", "")
            #expect(await client.next(2) == .denied("d\03", "Too many connections to this document"))
            let connection = try await RawConnection.open(relay.port)
            defer { connection.disconnect() }
            connection.request("GET", "/yjs/d", token: token, headers: TestWebSocket.handshake)
            #expect(await connection.head()?.status == 429)
            // Others get in.
            let other = try await relay.makeUser("other", by: token)
            let path = "/api/v1/topics/document%2Fd/permissions"
            #expect(try await relay.send(.POST, path, token: token, json: ["user_id": other.id]).status == 201)
            try await DocumentClient.synced(relay, "d", token: other.token).leave()
            client.send("d\01", [7])
            try await client.enter("d\03")
        }
    }

    @Test("what comes before the token waits for it, and is heard in its order", .timeLimit(.minutes(1)))
    func queued() async throws {
        try await withRelay { relay in
            let client = try await HocuspocusClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            client.send("q", DocumentBytes.step2(DocumentBytes.x))
            client.send("q", DocumentBytes.step1())
            try await client.enter("other")
            client.authenticate("q", "")
            #expect(await client.next() == .accepted("q"))
            let answers = [await client.next(), await client.next(), await client.next()]
            #expect(answers.contains(.status("q", 1)))
            // A client that closes a document before it was let in takes back what it has said.
            client.send("r", DocumentBytes.step1())
            client.send("r", [7])
            client.authenticate("r", "")
            #expect(await client.next(2) == .accepted("r"))
            client.send("r", [3])
            #expect(await client.next() == Message("r", [1, 1, 0]))
        }
    }

    @Test("beyond the bounds of what waits the socket is closed", .timeLimit(.minutes(1)))
    func bounds() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let documents = try await HocuspocusClient(relay, token: token)
            for number in 0...100 { documents.send("d\(number)", [3]) }
            #expect(await documents.closeCode() == 4205)
            let messages = try await HocuspocusClient(relay, token: token)
            for _ in 0...1_000 { messages.send("d", [3]) }
            #expect(await messages.closeCode() == 4205)
            let bytes = try await HocuspocusClient(relay, token: token)
            for _ in 0..<6 { bytes.send("d", DocumentBytes.update([UInt8](repeating: 0, count: 1 << 20))) }
            #expect(await bytes.closeCode() == 4205)
            let stranger = try await HocuspocusClient(relay)
            for _ in 0..<3 { stranger.send("d", DocumentBytes.update([UInt8](repeating: 0, count: 12 << 10))) }
            #expect(await stranger.closeCode() == 4401)
        }
    }

    @Test("who may only read is told so, and nothing of it is applied", .timeLimit(.minutes(1)))
    func readOnly() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let reader = try await relay.makeUser("reader", permissions: ["read"], by: token)
            let owner = try await HocuspocusClient(relay, token: token)
            defer { owner.disconnect() }
            try await owner.enter("p")
            owner.send("p", DocumentBytes.update(DocumentBytes.x))
            #expect(await owner.next(8) == .status("p", 1))
            let change = try await relay.send(
                .PUT,
                "/api/v1/topics/document%2Fp",
                token: token,
                json: ["is_public": true]
            )
            try #require(change.status == 200, "\(change)")
            let client = try await HocuspocusClient(relay)
            defer { client.disconnect() }
            client.authenticate("p", reader.token)
            #expect(await client.next() == .accepted("p", "readonly"))
            client.send("p", DocumentBytes.step1())
            #expect(await client.next(0) == Message("p", DocumentBytes.step1([1, 8, 1])))
            #expect(await client.next() == Message("p", DocumentBytes.step2(DocumentBytes.x)))
            client.send("p", DocumentBytes.step2(DocumentBytes.x))
            #expect(await client.next() == .status("p", 1))
            client.send("p", DocumentBytes.step2(DocumentBytes.y))
            #expect(await client.next() == .status("p", 0))
            client.send("p", DocumentBytes.update(DocumentBytes.x))
            #expect(await client.next() == .status("p", 0))
            owner.send("p", DocumentBytes.step1())
            #expect(await owner.next(0) == Message("p", DocumentBytes.update(DocumentBytes.x)))
            #expect(await owner.next(0) == Message("p", DocumentBytes.step1([1, 8, 1])), "nothing else has come")
        }
    }

    @Test("stateless messages reach all others on all relays, and nobody else", .timeLimit(.minutes(1)))
    func stateless() async throws {
        try await withTwoRelays { first, second in
            let token = try await first.administratorToken
            let clients = [
                try await HocuspocusClient(first, token: token), try await HocuspocusClient(first, token: token),
                try await HocuspocusClient(second, token: token),
            ]
            for client in clients { try await client.enter("s") }
            let yjs = try await TestWebSocket(port: first.port, "/yjs/s", token: token)
            clients[0].send("s", [5] + DocumentBytes.text("hello"))
            clients[0].send("s", [3])
            #expect(await clients[1].next() == Message("s", [5] + DocumentBytes.text("hello")))
            #expect(await clients[2].next() == Message("s", [5] + DocumentBytes.text("hello")))
            #expect(await clients[0].next() == Message("s", [1, 1, 0]), "its own does not come back")
            yjs.send(0x82, ByteBuffer(bytes: [3]))
            #expect(await yjs.next()?.payload == ByteBuffer(bytes: DocumentBytes.step1()))
            #expect(await yjs.next()?.payload == ByteBuffer(bytes: [1, 1, 0]))
            for client in clients { client.disconnect() }
            yjs.connection.disconnect()
        }
    }

    @Test("a document is closed by either side, and the others go on", .timeLimit(.minutes(1)))
    func closed() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await HocuspocusClient(relay, token: token)
            defer { client.disconnect() }
            for address in ["a", "b", "c"] { try await client.enter(address) }
            client.send("a", [6] + DocumentBytes.text("from a client"))
            #expect(await client.next() == .closed("a", "Forbidden"))
            client.send("b", [7])
            client.send("c", [3])
            #expect(await client.next() == Message("c", [1, 1, 0]))
            try await client.enter("b")
            let deleted = try await relay.send(.DELETE, "/api/v1/topics/document%2Fc", token: token)
            try #require(deleted.status == 204)
            #expect(await client.next() == .closed("c", "The document was deleted"))
        }
    }

    @Test("a user who may not read any more is put out of its documents", .timeLimit(.minutes(1)))
    func revoked() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: token)
            let client = try await HocuspocusClient(relay)
            defer { client.disconnect() }
            try await client.enter("mine", user.token)
            _ = try await relay.send(.POST, "/auth/logout", token: user.token)
            #expect(await client.next()?.body.first == 7)
            client.authenticate("mine", user.token)
            #expect(await client.next()?.body.prefix(2) == [2, 1])
        }
    }

    @Test("what is no message is ignored, until there is too much of it", .timeLimit(.minutes(1)))
    func nonsense() async throws {
        try await withRelay { relay in
            let client = try await HocuspocusClient(relay, token: try await relay.administratorToken)
            try await client.enter("n")
            for heartbeat: UInt8 in [9, 10] { for _ in 0..<20 { client.send([heartbeat]) } }
            for type: UInt8 in [4, 8, 11] { client.send("n", [type, 1]) }
            client.send("n", DocumentBytes.update([9, 9, 9]))
            #expect(await client.next() == .status("n", 0), "each update has its answer")
            for bytes: [UInt8] in [[0xFF], [0], [1, 0xC3, 3], [1, 0x6E, 0, 1, 200]] { client.send(bytes) }
            client.send("n", [3])
            #expect(await client.next() == Message("n", [1, 1, 0]))
            for _ in 0..<12 { client.send([]) }
            #expect(await client.closeCode() == 4205)
        }
    }

    @Test("two protocols edit one document", .timeLimit(.minutes(1)))
    func convergence() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await HocuspocusClient(relay, token: token)
            defer { client.disconnect() }
            try await client.enter("both/kinds")
            let yjs = try await TestWebSocket(port: relay.port, "/yjs/both/kinds", token: token)
            defer { yjs.connection.disconnect() }
            func send(_ bytes: [UInt8]) { yjs.send(0x82, ByteBuffer(bytes: bytes)) }
            send(DocumentBytes.step1())
            for _ in 0..<2 { _ = await yjs.next() }
            client.send("both/kinds", DocumentBytes.update(DocumentBytes.x))
            #expect(await yjs.next()?.payload == ByteBuffer(bytes: DocumentBytes.update(DocumentBytes.x)))
            #expect(await client.next(8) == .status("both/kinds", 1))
            send(DocumentBytes.update(DocumentBytes.y))
            #expect(await yjs.next()?.payload == ByteBuffer(bytes: DocumentBytes.update(DocumentBytes.y)))
            while let message = await client.next(0) {
                if message.body == DocumentBytes.update(DocumentBytes.y) { break }
            }
            let late = try await HocuspocusClient(relay, token: token)
            defer { late.disconnect() }
            late.authenticate("both/kinds", "")
            late.send("both/kinds", DocumentBytes.step1(DocumentBytes.both))
            #expect(await late.next(0)?.body.count == DocumentBytes.step1(DocumentBytes.both).count)
            #expect(await late.next() == Message("both/kinds", DocumentBytes.step2(DocumentBytes.nothing)))
        }
    }
}
