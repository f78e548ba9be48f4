import NIOHTTP1
import RelayDocuments
import Testing

@testable import RelayServer

@Suite("Documents within sessions", .timeLimit(.minutes(2)))
struct SessionDocumentTests {
    private static func withSession(
        _ body: @Sendable @escaping (TestRelay, TestSession) async throws -> Void
    ) async throws {
        try await withRelay { relay in
            try await body(relay, try await TestSession(relay, account: try await relay.administratorToken))
        }
    }

    private static func name(_ document: String, in session: TestSession) -> String {
        "session/\(session.id)/document/\(document)"
    }

    private static func status(_ relay: TestRelay, _ name: String, _ token: String) async throws -> Int? {
        let connection = try await RawConnection.open(relay.port)
        connection.request("GET", "/yjs/\(name)", token: token, headers: TestWebSocket.handshake)
        let status = try #require(await connection.head()).status
        connection.disconnect()
        return status
    }

    @Test("Peers that may edit edit, others read; who is no peer gets nothing")
    func roles() async throws {
        try await Self.withSession { relay, session in
            let name = Self.name("notes%2Fone", in: session)
            let observer = try await session.guest("watching", role: "observer")
            #expect(try await Self.status(relay, name, observer) == 403, "it begins none")
            let host = try await DocumentClient.synced(relay, name, token: session.host)
            host.send(update: DocumentClient.letter(0))
            #expect(await host.word() == .update(DocumentClient.letter(0)))

            let editor = try await DocumentClient.synced(relay, name, token: try await session.guest("editing"))
            let watching = try await DocumentClient.synced(relay, name, token: observer)
            editor.send(update: DocumentClient.letter(0, of: 2))
            #expect(await watching.word() == .update(DocumentClient.letter(0, of: 2)))
            let documents = DocumentRequests(relay, session.account)
            let history = try await documents.get("session%2F\(session.id)%2Fdocument%2Fnotes%2Fone", "/history")
            #expect(history.list.map { $0["author"] as? String } == ["host", "editing"])
            watching.send(update: DocumentClient.letter(0, of: 3))
            #expect(await watching.word() == .denied("Permission denied"))
            #expect(try await host.content().stateVector[3] == 0)

            let entry = AwarenessEntry(client: 8, clock: 1, state: Array("{}".utf8))
            let raised = AwarenessEntry(client: 8, clock: 2, state: Array("{}".utf8))
            for entry in [entry, raised] {
                watching.send(DocumentFrame.awareness(AwarenessUpdate([entry]).encoded()))
            }
            while let said = await editor.next(), said != .awareness([raised]) {}

            let stranger = try await relay.makeUser("stranger", by: session.account).token
            let other = try await TestSession(relay, account: session.account)
            #expect(try await Self.status(relay, name, stranger) == 403)
            #expect(try await Self.status(relay, name, other.host) == 404)
            #expect(try await Self.status(relay, Self.name("notes", in: other), session.host) == 404)
            #expect(try await Self.status(relay, "session/none/document/notes", session.host) == 404)
            for client in [host, editor, watching] { client.leave() }
        }
    }

    @Test(
        "A topic of a document that was not begun takes nothing, and what was begun is read as any topic of the session"
    )
    func topics() async throws {
        try await Self.withSession { relay, session in
            let publish = { (document: String) in
                let body: [String: Any] = [
                    "topic": session.topic("document/\(document)"), "payload": "AAA=", "encoding": "base64",
                ]
                return try await relay.send(.POST, "/api/v1/messages", token: session.host, json: body).status
            }
            #expect(try await publish("notes") == 404)
            let host = try await DocumentClient.synced(relay, Self.name("notes", in: session), token: session.host)
            host.leave()
            #expect(try await publish("notes") == 201)
            #expect(try await publish("others") == 404)
            let observer = try await session.guest("watching", role: "observer")
            #expect(try await session.seen("document/notes", token: observer).count == 1)
        }
    }

    @Test("Who is put out of the session is out of its documents at once")
    func kicked() async throws {
        try await Self.withSession { relay, session in
            let name = Self.name("notes", in: session)
            let ticket = try await session.guest("bob")
            let bob = try await DocumentClient.synced(relay, name, token: ticket)
            let kicked = try await relay.send(
                .POST,
                session.path + "/kick",
                token: session.host,
                json: ["target_peer_id": "bob"]
            )
            #expect(kicked.status == 204, "\(kicked)")
            #expect(await bob.closeCode() == 1_008)
            #expect(try await Self.status(relay, name, ticket) == 403)
        }
    }

    @Test("Nobody writes any more once the session has ended, and who was in it reads what was written")
    func ended() async throws {
        try await Self.withSession { relay, session in
            let name = Self.name("notes", in: session)
            let host = try await DocumentClient.synced(relay, name, token: session.host)
            host.send(update: DocumentClient.letter(0))
            #expect(await host.word() == .update(DocumentClient.letter(0)))
            let closed = try await relay.send(.POST, session.path + "/close", token: session.host, json: [:])
            #expect(closed.status == 204, "\(closed)")
            while try await relay.send(.GET, session.path, token: session.host).object["state"] as? String != "closed" {
                try await Task.sleep(for: .milliseconds(50))
            }
            // The relay tells that it is over by its clock, and carries it out within a second or so.
            var said: DocumentClient.Said?
            for number in 1..<100 as Range<UInt8> where said != .denied("Permission denied") {
                try await Task.sleep(for: .milliseconds(50))
                host.send(update: DocumentClient.letter(number))
                said = await host.word()
            }
            #expect(said == .denied("Permission denied"))
            #expect(try await host.content().stateVector[1] > 0)
            host.leave()
        }
    }

    @Test("A session has as many documents as a setting says")
    func bound() async throws {
        try await withRelay {
            $0.sessions.maxDocuments = 2
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            for document in ["one", "two"] {
                let client = try await DocumentClient.synced(
                    relay,
                    Self.name(document, in: session),
                    token: session.host
                )
                client.leave()
            }
            #expect(try await Self.status(relay, Self.name("three", in: session), session.host) == 503)
            #expect(try await Self.status(relay, Self.name("two", in: session), session.host) == 101)
        }
    }
}
