import NIOCore
import RelayCore
import RelayDocuments
import RelayStorage
import RelayWire
import Testing

@testable import RelayEditing

@Suite("A document whose stream has lost something")
struct LostStreamTests {
    private func document() async throws -> LoadedDocument {
        let clock = RelayClock(now: { Timestamp(microseconds: 0) }, uptime: { .now() })
        let loop = try await EditingLoop(Broker(store: MemoryStore(), clock: clock))
        let name = try #require(DocumentName("notes"))
        return LoadedDocument(name, of: "1", on: loop, DocumentSettings(), MemoryLedger(), at: .now())
    }

    private func letters(_ range: Range<UInt8>, from id: UInt64 = 1) -> [Message] {
        range.enumerated().map { .update(id + UInt64($0), Sample.letter($1)) }
    }

    @Test("What is gone from the stream is said again, and only that")
    func saidAgain() async throws {
        let document = try await self.document()
        _ = document.take(self.letters(0..<5), in: 1)
        #expect(!document.caughtUp())
        #expect(document.isToBeReread())
        document.beginRereading()
        #expect(!document.isToBeReread())
        // Until all is read, the document is what it was.
        #expect(document.stateVector.encoded() == [1, 1, 5])
        _ = document.take(self.letters(0..<2), in: 2)
        #expect(document.stateVector.encoded() == [1, 1, 5])
        #expect(document.caughtUp())
        let missing = try #require(document.takeUnpublished())
        #expect(document.takeUnpublished() == nil, "one says it at a time")
        #expect(document.stateVector.encoded() == [1, 1, 2])
        // The store could not take it.
        document.published(isStored: false)
        #expect(!document.isPublished)
        #expect(document.takeUnpublished() == missing)
        document.published(isStored: true)
        #expect(document.cursor == .inEpoch(2, after: MessageID(milliseconds: 2, sequence: 0)))
        _ = document.take([.update(3, missing)], in: 2)
        #expect(document.stateVector.encoded() == [1, 1, 5])
        #expect(!document.caughtUp())
    }

    @Test("A stream that has lost nothing of the content makes nobody say anything")
    func nothingLost() async throws {
        let document = try await self.document()
        _ = document.take(self.letters(0..<5), in: 1)
        _ = document.caughtUp()
        document.beginRereading()
        _ = document.take(self.letters(0..<6), in: 2)
        #expect(!document.caughtUp())
        #expect(document.stateVector.encoded() == [1, 1, 6])
    }

    @Test("Whoever says again what it has heard of another is not taken for that one, however early it says it")
    func echoOfPresence() async throws {
        let document = try await self.document()
        let there = AwarenessEntry(client: 8, clock: 2, state: Array("{}".utf8))
        let message = Message.update(1, Sample.state(there))
        // The client's own loop brings it before the document's own reader has.
        document.willTell([message], in: 1, at: .now())
        let connection = try document.enter(nil)
        let outcome = document.receive(AwarenessUpdate([there]), from: connection, user: "olga", at: .now())
        #expect(outcome.answer.isEmpty && outcome.broadcast.isEmpty)
        document.observe([message], in: 1, at: .now())
        #expect(document.present == [there])
        #expect(document.leave(connection).removals.isEmpty)
    }

    @Test("Deletions that are gone are said again")
    func deletions() async throws {
        let document = try await self.document()
        _ = document.take(self.letters(0..<5) + [.update(9, [0, 1, 1, 1, 2, 2])], in: 1)
        _ = document.caughtUp()
        document.beginRereading()
        _ = document.take(self.letters(0..<5), in: 2)
        #expect(document.caughtUp())
        let missing = try #require(document.takeUnpublished())
        var content = DocumentState()
        _ = try content.apply(missing)
        #expect(content.deletions == [1: [2..<4]])
    }
}
