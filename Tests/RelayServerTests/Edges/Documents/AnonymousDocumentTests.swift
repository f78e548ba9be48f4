import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("People without a token, by messages")
struct AnonymousDocumentTests {
    /// A document that everybody may read, with one update.
    private func publish(_ relay: TestRelay, _ token: String) async throws {
        let owner = try await HocuspocusClient(relay, token: token)
        try await owner.enter("open")
        owner.send("open", DocumentBytes.update(DocumentBytes.x))
        #expect(await owner.next(8) == .status("open", 1))
        owner.disconnect()
        let change = try await relay.send(
            .PUT,
            "/api/v1/topics/document%2Fopen",
            token: token,
            json: ["anonymous": "read"]
        )
        try #require(change.status == 200, "\(change)")
    }

    @Test("they enter the documents that let them in, and no others", .timeLimit(.minutes(1)))
    func hocuspocus() async throws {
        try await withRelay {
            $0.documents.allowsAnonymous = true
            $0.documents.maxAnonymousPerAddress = 1
        } _: { relay in
            let token = try await relay.administratorToken
            try await self.publish(relay, token)
            let client = try await HocuspocusClient(relay)
            client.authenticate("closed", "")
            #expect(await client.next() == .denied("closed", "Permission denied"))
            client.authenticate("open", "")
            #expect(await client.next() == .accepted("open", "readonly"))
            client.send("open", DocumentBytes.step1())
            #expect(await client.next()?.body == DocumentBytes.step1([1, 8, 1]))
            #expect(await client.next()?.body == DocumentBytes.step2(DocumentBytes.x))
            client.send("open", DocumentBytes.update(DocumentBytes.y))
            #expect(await client.next() == .status("open", 0))
            let other = try await HocuspocusClient(relay)
            other.authenticate("open", "")
            #expect(await other.next() == .denied("open", "Too many connections"))
            for client in [client, other] { client.disconnect() }
        }
    }

    @Test("in a room an AUTH without a token is enough for them", .timeLimit(.minutes(1)))
    func rooms() async throws {
        try await withRelay {
            $0.documents.allowsAnonymous = true
        } _: { relay in
            let token = try await relay.administratorToken
            try await self.publish(relay, token)
            let client = try await RoomClient(relay)
            defer { client.disconnect() }
            try await client.join("open")
            client.authenticate(nil)
            #expect(await client.next() == .binary(DocumentBytes.step1([1, 8, 1])))
            client.send(DocumentBytes.step1())
            #expect(await client.next() == .binary(DocumentBytes.step2(DocumentBytes.x)))
            client.send(DocumentBytes.update(DocumentBytes.y))
            #expect(await client.failure() == "Permission denied")
            // With a token it is somebody, who gets all once more.
            client.authenticate(token)
            #expect(await client.next() == .binary(DocumentBytes.step1([1, 8, 1])))
            #expect(await client.next() == .binary(DocumentBytes.step2(DocumentBytes.x)))
            client.send(DocumentBytes.update(DocumentBytes.y))
            #expect(await client.next() == .binary(DocumentBytes.update(DocumentBytes.y)))
        }
    }
}
