import NIOCore
import RelayDocuments
import RelayEditing
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Documents over WebSockets", .timeLimit(.minutes(2)))
struct DocumentSocketTests {
    @Test("The relay asks first, answers what is asked, and sends back what it has stored")
    func order() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await DocumentClient(relay, "d", token: token)
            #expect(await client.next() == .step1([0]))
            client.send([0, 0, 1, 0])
            #expect(await client.next() == .step2([0, 0]))
            client.send(update: DocumentClient.letter(0))
            #expect(await client.next() == .update(DocumentClient.letter(0)))
            // Known already: an update comes back, a step 2 does not.
            client.send(update: DocumentClient.letter(0))
            #expect(await client.next() == .update(DocumentClient.letter(0)))
            client.send(DocumentFrame.step2(DocumentClient.letter(0)))
            client.send([0, 0, 3, 1, 1, 1])
            #expect(await client.next() == .step2([0, 0]))
            // Several messages in one frame.
            client.send(DocumentFrame.update(DocumentClient.letter(1)) + [0, 0, 1, 0])
            let said = [await client.next(), await client.next()]
            #expect(said.contains(.update(DocumentClient.letter(1))))
            client.leave()
        }
    }

    @Test("A query is answered with all who are there, also with nobody")
    func query() async throws {
        try await withRelay { relay in
            let client = try await DocumentClient.synced(relay, "d", token: try await relay.administratorToken)
            client.send([3])
            #expect(await client.next() == .awareness([]))
            let entry = AwarenessEntry(client: 8, clock: 1, state: Array(#"{"n":"é"}"#.utf8))
            client.send(DocumentFrame.awareness(AwarenessUpdate([entry]).encoded()))
            // The document is new in memory: it may have been there before, and be out of date elsewhere.
            let gone = AwarenessEntry(client: 8, clock: 1, state: nil)
            #expect(await client.next() == .awareness([gone]))
            let raised = AwarenessEntry(client: 8, clock: 2, state: entry.state)
            client.send(DocumentFrame.awareness(AwarenessUpdate([raised]).encoded()))
            #expect(await client.next() == .awareness([raised]))
            client.send([3])
            #expect(await client.next() == .awareness([raised]))
            client.leave()
        }
    }

    @Test("Frames that are cut at each byte change nothing, and end the connection with the seventeenth")
    func truncated() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let witness = try await DocumentClient.synced(relay, "d", token: token)
            witness.send(update: DocumentClient.letter(0))
            #expect(await witness.word() == .update(DocumentClient.letter(0)))
            let frames = [
                DocumentFrame.update(DocumentClient.letter(1)), DocumentFrame.step2(DocumentClient.letter(1)),
                DocumentFrame.awareness(
                    AwarenessUpdate([AwarenessEntry(client: 8, clock: 1, state: Array("{}".utf8))]).encoded()
                ), [0, 0, 3, 1, 1, 1],
            ]
            // The length is right, and the body is cut.
            let bodies = (0..<DocumentClient.letter(1).count).map {
                DocumentFrame.update(Array(DocumentClient.letter(1).prefix($0)))
            }
            let bad = frames.flatMap { frame in (1..<frame.count).map { Array(frame.prefix($0)) } } + bodies
            for start in stride(from: 0, to: bad.count, by: 16) {
                let client = try await DocumentClient.synced(relay, "d", token: token)
                let part = bad[start..<min(start + 16, bad.count)]
                for frame in part { client.send(frame) }
                #expect(try await client.content().stateVector.encoded() == [1, 1, 1], "16 are ignored")
                for _ in 0..<(17 - part.count) { client.send([0, 2, 1, 9]) }
                #expect(await client.word() == .closed(1008))
                client.leave()
            }
            #expect(try await witness.content().stateVector.encoded() == [1, 1, 1])
            witness.leave()
        }
    }

    @Test("Frames with flipped bits harm neither the document nor anybody else")
    func flipped() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let witness = try await DocumentClient.synced(relay, "d", token: token)
            for number in 0..<3 { witness.send(update: DocumentClient.letter(UInt8(number))) }
            let frame = DocumentFrame.update(DocumentClient.letter(3))
            for start in stride(from: 0, to: frame.count * 8, by: 16) {
                let client = try await DocumentClient.synced(relay, "d", token: token)
                for bit in start..<min(start + 16, frame.count * 8) {
                    var flipped = frame
                    flipped[bit / 8] ^= 1 << (bit % 8)
                    client.send(flipped)
                }
                client.send([0, 0, 1, 0])
                while let said = await client.next() {
                    if case .step2 = said { break }
                    guard case .closed = said else { continue }
                    Issue.record("closed after 16 frames")
                    break
                }
                client.leave()
            }
            var random = SeededGenerator(seed: 3)
            for _ in 0..<10 {
                let client = try await DocumentClient.synced(relay, "d", token: token)
                for _ in 0..<16 {
                    client.send(
                        (0..<Int.random(in: 1...40, using: &random)).map { _ in .random(in: 0...255, using: &random) }
                    )
                }
                client.leave()
            }
            let content = try await witness.content()
            var own = DocumentState()
            for number in 0..<3 { _ = try own.apply(DocumentClient.letter(UInt8(number))) }
            let rest = try content.news(in: own.diff(against: StateVector()))
            #expect(rest.isNothing, "what was there is there")
            witness.send(update: DocumentClient.letter(0, of: 90))
            while let said = await witness.next(), said != .update(DocumentClient.letter(0, of: 90)) {}
            #expect(try await witness.content().stateVector[90] == 1, "and it goes on")
            witness.leave()
        }
    }

    @Test("Text is nonsense like any other; a message that is too large closes the connection")
    func nonsense() async throws {
        try await withRelay {
            $0.documents.maxMessageBytes = 1_000
        } _: { relay in
            let token = try await relay.administratorToken
            let client = try await DocumentClient.synced(relay, "d", token: token)
            for _ in 0..<16 { client.socket.send(text: "hello") }
            #expect(try await client.content().isEmpty)
            client.socket.send(text: "hello")
            #expect(await client.word() == .closed(1008))
            let other = try await DocumentClient.synced(relay, "d", token: token)
            other.send([UInt8](repeating: 0, count: 1_001))
            #expect(await other.word() == .closed(1009))
        }
    }

    @Test("More connections and more documents than may be are refused before the upgrade")
    func limits() async throws {
        try await withRelay {
            $0.documents.maxConnections = 2
            $0.documents.maxLoaded = 2
        } _: { relay in
            let token = try await relay.administratorToken
            func status(_ name: String) async throws -> Int? {
                let connection = try await RawConnection.open(relay.port)
                connection.request("GET", "/yjs/\(name)", token: token, headers: TestWebSocket.handshake)
                defer { connection.disconnect() }
                return await connection.head()?.status
            }
            let first = try await DocumentClient.synced(relay, "a", token: token)
            let second = try await DocumentClient.synced(relay, "a", token: token)
            #expect(try await status("a") == 503)
            let third = try await DocumentClient.synced(relay, "b", token: token)
            #expect(try await status("c") == 503)
            #expect(try await status("b") == 101)
            for client in [first, second, third] { client.leave() }
        }
    }

    @Test("A document that is full takes only what adds nothing, and says so once")
    func full() async throws {
        try await withRelay {
            $0.documents.maxBytes = DocumentClient.letter(0).count + DocumentClient.letter(1).count
        } _: { relay in
            let client = try await DocumentClient.synced(relay, "d", token: try await relay.administratorToken)
            for number in 0..<2 {
                client.send(update: DocumentClient.letter(UInt8(number)))
                #expect(await client.word() == .update(DocumentClient.letter(UInt8(number))))
            }
            for number in 2..<5 { client.send(update: DocumentClient.letter(UInt8(number))) }
            #expect(await client.word() == .denied("The document is as large as it may be"))
            let deletion: [UInt8] = [0, 1, 1, 1, 0, 1]
            client.send(update: deletion)
            #expect(await client.word() == .update(deletion))
            let content = try await client.content()
            #expect(content.stateVector.encoded() == [1, 1, 2])
            #expect(content.deletions == [1: [0..<1]])
            client.leave()
        }
    }

    @Test("What could not be stored gets no echo, and is asked for again until it is there")
    func storeAway() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, parts in
            let token = try await relay.administratorToken
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await DocumentKeeper(parts.documents).run() }
                let client = try await DocumentClient.synced(relay, "d", token: token)
                client.send(update: DocumentClient.letter(0))
                #expect(await client.word() == .update(DocumentClient.letter(0)))
                store.refuseAppends(true)
                client.send(update: DocumentClient.letter(1))
                client.send(update: DocumentClient.letter(2))
                #expect(await client.word() == .step1([1, 1, 1]), "nothing comes back but the question")
                store.refuseAppends(false)
                let both = Update.mergedBytes([
                    try Update(DocumentClient.letter(1)), try Update(DocumentClient.letter(2)),
                ])
                client.send(DocumentFrame.step2(both))
                #expect(await client.word() == .update(both))
                #expect(try await client.content().stateVector.encoded() == [1, 1, 3])
                client.leave()
                tasks.cancelAll()
            }
        }
    }
}
