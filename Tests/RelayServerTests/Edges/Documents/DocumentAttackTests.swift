import NIOCore
import NIOHTTP1
import RelayDocuments
import Testing

@testable import RelayServer

/// What somebody may try who wants to harm others in a document, or the relay.
@Suite("Attacks on documents", .timeLimit(.minutes(2)))
struct DocumentAttackTests {
    /// A text of so many characters, of client 1.
    private static func text(_ count: Int) -> [UInt8] {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        return [1, 1, 1, 0, 4, 1, 1, 0x74] + DocumentBytes.block(text) + [0]
    }

    private static func clients(_ relay: TestRelay) async throws -> Int? {
        try await relay.send(.GET, "/stats").object["totalClients"] as? Int
    }

    @Test("Whoever asks again and again, and takes nothing, makes the relay hold few answers")
    func questions() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let documents = DocumentRequests(relay, token)
            try await documents.write("large", Self.text(900_000))
            let client = try await DocumentClient(relay, "large", token: token)
            #expect(await client.next() == .step1([1, 1] + DocumentBytes.uint(900_000)))
            try await client.socket.connection.channel.setOption(.autoRead, value: false).get()
            // 180 MB of answers, if each had its own.
            client.send((0..<200).flatMap { _ in DocumentBytes.step1() })
            var answered = -1
            while try await Self.answeredBytes(relay) != answered || answered == 0 {
                answered = try await Self.answeredBytes(relay)
                try await Task.sleep(for: .milliseconds(500))
            }
            #expect((900_000...36_000_000).contains(answered))
            // It gets its answer once it takes something.
            try await client.socket.connection.channel.setOption(.autoRead, value: true).get()
            client.send([3])
            while let said = await client.next(), said != .awareness([]) {
                if case .step2(let update) = said { #expect(update.count > 900_000) }
            }
            client.leave()
        }
    }

    private static func answeredBytes(_ relay: TestRelay) async throws -> Int {
        let lines = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix("relay_document_answer_bytes_total") }
        return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
    }

    @Test("A frame holds a few messages of the protocol, and no thousands")
    func crowdedFrame() async throws {
        try await withRelay { relay in
            let client = try await DocumentClient.synced(relay, "d", token: try await relay.administratorToken)
            let crowded = (0..<257).flatMap { _ in [UInt8(3)] }
            for _ in 0..<17 { client.send(crowded) }
            #expect(await client.closeCode() == 1_008)
        }
    }

    @Test("Nobody speaks for others by the topics beside a document")
    func forgery() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await DocumentClient.synced(relay, "d", token: token)
            let shared = try await relay.send(
                .PUT,
                "/api/v1/topics/document%2Fd",
                token: token,
                json: ["is_public": true]
            )
            #expect(shared.status == 200)
            let reader = try await relay.makeUser("eve", by: token).token
            let payloads = [("awareness", "Afcc/////wEEbnVsbA=="), ("stateless", "BQECaGk=")]
            for (part, payload) in payloads {
                let body: [String: Any] = ["topic": "document/d/\(part)", "payload": payload, "encoding": "base64"]
                for somebody in [reader, token] {
                    let reply = try await relay.send(.POST, "/api/v1/messages", token: somebody, json: body)
                    #expect(reply.status == 403, "\(part): \(reply)")
                }
            }
            client.leave()
        }
    }

    @Test("Who says twice in one frame who it is, is in the room once")
    func twice() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for _ in 0..<3 {
                let client = try await RoomClient(relay)
                try await client.join("r")
                let said = [2] + DocumentBytes.text(#"{"token":"\#(token)"}"#)
                client.send(said + said + said)
                #expect(await client.next() == .binary(DocumentBytes.step1()))
                client.disconnect()
            }
            while try await Self.clients(relay) != 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
    }

    @Test("A document that was deleted is another when it is made again")
    func madeAgain() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            for _ in 0..<30 {
                #expect(try await documents.send(.PUT, "d", "", DocumentBytes.x).status == 201)
                #expect(try await documents.get("d", "/update").bytes == DocumentBytes.x)
                #expect(try await documents.send(.DELETE, "d", "", []).status == 204)
            }
        }
    }

    @Test("Names that look alike are two documents, also on one WebSocket")
    func lookalikes() async throws {
        try await withRelay { relay in
            let client = try await HocuspocusClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            let names = ["caf\u{E9}", "cafe\u{301}"]
            for name in names { try await client.enter(name) }
            client.send(names[1], DocumentBytes.update(DocumentBytes.x))
            let answer = await client.next(8)
            #expect(Array((answer?.address ?? "").utf8) == Array(names[1].utf8))
            let other = try await HocuspocusClient(relay, token: try await relay.administratorToken)
            defer { other.disconnect() }
            #expect(try await other.enter(names[0]) == DocumentBytes.nothing)
            #expect(try await other.enter(names[1]) == DocumentBytes.x)
        }
    }

    @Test("Documents that nobody uses make room for others")
    func room() async throws {
        try await withRelay {
            $0.documents.maxLoaded = 2
        } _: { relay in
            let token = try await relay.administratorToken
            let documents = DocumentRequests(relay, token)
            for number in 0..<10 { try await documents.write("d\(number)", DocumentBytes.x) }
            let client = try await DocumentClient.synced(relay, "d0", token: token)
            for number in 0..<10 {
                #expect(try await documents.get("d\(number)", "/update").bytes == DocumentBytes.x)
            }
            client.send([3])
            #expect(await client.next() == .awareness([]), "what is used stays")
            client.leave()
        }
    }

    @Test("A full document takes no deletions without end")
    func invented() async throws {
        try await withRelay {
            $0.documents.maxBytes = 1_024
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", Self.text(1_000))
            // Of clients that never were.
            var statuses: [Int] = []
            for client in 10..<100 as Range<UInt8> {
                statuses.append(try await documents.send(.PUT, "d", "", [0, 1, client, 1, 3, 4]).status)
            }
            #expect(statuses.first == 201 && statuses.last == 413)
        }
    }
}
