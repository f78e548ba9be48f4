import NIOHTTP1
import RelayDocuments
import Testing

@testable import RelayServer

@Suite("Who comes into a document, and who may write only later", .timeLimit(.minutes(2)))
struct DocumentOpeningTests {
    @Test("What was refused is asked for once something of the same client is taken")
    func askedAgain() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("wim", by: admin)
            #expect(try await relay.send(.PUT, "/api/v1/documents/d", token: admin).status == 200)
            let topic = "/api/v1/topics/document%2Fd"
            #expect(try await relay.send(.PUT, topic, token: admin, json: ["is_public": true]).status == 200)
            let client = try await DocumentClient.synced(relay, "d", token: user.token)
            let letters = (0..<3 as Range<UInt8>).map { DocumentClient.letter($0) }
            client.send(update: letters[0])
            #expect(await client.word() == .denied("Permission denied"))
            client.send(update: letters[1])
            let grant = ["user_id": user.id]
            #expect(try await relay.send(.POST, "\(topic)/permissions", token: admin, json: grant).status == 201)
            client.send(update: letters[2])
            #expect(await client.word() == .update(letters[2]))
            // The relay has the third letter, which nobody sees without the first two.
            #expect(await client.word() == .step1([0]))
            let all = try Update.merge(letters.map { try Update($0) })
            client.send(DocumentFrame.step2(all.bytes))
            await client.receive(letters[0], letters[1])
            #expect(try await client.content().stateVector.encoded() == [1, 1, 3])
            client.leave()
        }
    }

    @Test("Who opens a new document at two relays at once is let in at both")
    func twoRelays() async throws {
        try await withTwoRelays { first, second in
            let token = try await first.administratorToken
            for round in 0..<40 {
                let name = "d\(round)"
                async let one = DocumentClient.synced(first, name, token: token)
                async let other = DocumentClient.synced(second, name, token: token)
                let (here, there) = (try await one, try await other)
                here.send(update: DocumentClient.letter(0))
                await there.receive(DocumentClient.letter(0))
                here.leave()
                there.leave()
            }
        }
    }
}
