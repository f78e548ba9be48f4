import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// What people without a token get: what a document's field `anonymous` says, where the setting allows any of it.
@Suite("Documents for people without a token", .timeLimit(.minutes(1)))
struct AnonymousDocumentTests {
    /// A relay with the documents `none`, `read` and `write`, each of which lets people without a token do what it is called.
    private static func withDocuments(
        isAllowed: Bool = true,
        ofAddress limit: Int = 50,
        _ body: @Sendable @escaping (TestRelay) async throws -> Void
    ) async throws {
        try await withRelay {
            $0.documents.allowsAnonymous = isAllowed
            $0.documents.maxAnonymousPerAddress = limit
        } _: { relay in
            let token = try await relay.administratorToken
            for access in ["none", "read", "write"] {
                let fields = ["topic_name": "document/\(access)", "anonymous": access]
                try #require(try await relay.send(.POST, "/api/v1/topics", token: token, json: fields).status == 201)
            }
            try await body(relay)
        }
    }

    private static func status(_ relay: TestRelay, _ name: String) async throws -> Int? {
        let connection = try await RawConnection.open(relay.port)
        connection.request("GET", "/yjs/\(name)", token: nil, headers: TestWebSocket.handshake)
        let status = try #require(await connection.head()).status
        connection.disconnect()
        return status
    }

    private static func statuses(_ relay: TestRelay, _ names: [String]) async throws -> [Int?] {
        var statuses: [Int?] = []
        for name in names { statuses.append(try await Self.status(relay, name)) }
        return statuses
    }

    // MARK: y-websocket

    @Test("y-websocket's clients are refused before the upgrade, and told the same of a document that is not there")
    func refused() async throws {
        try await Self.withDocuments { relay in
            let statuses = try await Self.statuses(relay, ["none", "missing", "session/s/document/d"])
            #expect(statuses == [401, 401, 401])
        }
        try await Self.withDocuments(isAllowed: false) { relay in
            let statuses = try await Self.statuses(relay, ["none", "read", "write"])
            #expect(statuses == [401, 401, 401])
        }
    }

    @Test("y-websocket's clients write where they may, and read where they may not write")
    func editing() async throws {
        try await Self.withDocuments { relay in
            let writer = try await DocumentClient.synced(relay, "write")
            writer.send(update: DocumentClient.letter(0))
            #expect(await writer.word() == .update(DocumentClient.letter(0)))
            writer.leave()
            let owner = try await DocumentClient.synced(relay, "read", token: try await relay.administratorToken)
            let reader = try await DocumentClient.synced(relay, "read")
            reader.send(update: DocumentClient.letter(0))
            #expect(await reader.word() == .denied("Permission denied"))
            owner.send(update: DocumentClient.letter(0))
            #expect(await reader.word() == .update(DocumentClient.letter(0)))
            owner.leave()
            // Taken back: out at once.
            let taken = try await relay.send(
                .PUT,
                "/api/v1/topics/document%2Fread",
                token: try await relay.administratorToken,
                json: ["anonymous": "none"]
            )
            #expect(taken.status == 200)
            #expect(await reader.closeCode() == 1_008)
            #expect(try await Self.status(relay, "read") == 401)
        }
    }

    @Test("An address has as many connections without a token as a setting says")
    func bound() async throws {
        try await Self.withDocuments(ofAddress: 2) { relay in
            let clients = [try await DocumentClient(relay, "read"), try await DocumentClient(relay, "write")]
            #expect(try await Self.status(relay, "read") == 429)
            let known = try await DocumentClient(relay, "read", token: try await relay.administratorToken)
            #expect(await known.next() != nil)
            known.leave()
            for client in clients { client.leave() }
            while try await Self.status(relay, "read") == 429 { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    // MARK: Hocuspocus

    @Test("Hocuspocus' clients are told what they may do, and what they may not is refused")
    func hocuspocus() async throws {
        try await Self.withDocuments { relay in
            let client = try await HocuspocusClient(relay)
            defer { client.disconnect() }
            for (name, scope) in [("read", "readonly"), ("write", "read-write")] {
                client.authenticate(name, "")
                #expect(await client.next() == .init(name, [2, 2] + DocumentBytes.text(scope)))
            }
            for (name, status) in [("read", UInt8(0)), ("write", 1)] {
                client.send(name, DocumentBytes.update(DocumentBytes.x))
                #expect(await client.next(8) == .status(name, status))
            }
            for name in ["none", "missing"] {
                client.authenticate(name, "")
                #expect(await client.next(2)?.body.prefix(2) == [2, 1], "\(name)")
            }
        }
        try await Self.withDocuments(isAllowed: false) { relay in
            let client = try await HocuspocusClient(relay)
            defer { client.disconnect() }
            client.authenticate("read", "")
            #expect(await client.next(2)?.body.prefix(2) == [2, 1])
        }
    }

    // MARK: Rooms

    @Test("Zeal's clients come in by an AUTH message without a token, and no further than the document says")
    func rooms() async throws {
        try await Self.withDocuments { relay in
            let client = try await RoomClient(relay)
            defer { client.disconnect() }
            try await client.join("read")
            client.authenticate(nil)
            #expect(await client.next() == .binary(DocumentBytes.step1()))
            client.send(DocumentBytes.update(DocumentBytes.x))
            #expect(await client.failure() == "Permission denied")
            try await client.join("write")
            #expect(await client.next() == .binary(DocumentBytes.step1()))
            client.send(DocumentBytes.step1())
            #expect(await client.next() == .binary(DocumentBytes.step2(DocumentBytes.nothing)))
            client.send(DocumentBytes.update(DocumentBytes.x))
            #expect(await client.next() == .binary(DocumentBytes.update(DocumentBytes.x)))
            try client.say("join", "none")
            #expect(await client.failure() == "Permission denied")
        }
        try await Self.withDocuments(isAllowed: false) { relay in
            let client = try await RoomClient(relay)
            defer { client.disconnect() }
            try await client.join("write")
            client.authenticate(nil)
            #expect(await client.failure() == "Permission denied")
        }
    }
}
