import NIOCore
import RelayCore
import RelayDocuments
import RelayStorage
import RelayWire
import Synchronization
import Testing

@testable import RelayEditing

@Suite("How far a document has read its topic", .timeLimit(.minutes(1)))
struct ReadingTests {
    private let name = DocumentName("notes")!

    private func document() async throws -> LoadedDocument {
        let clock = RelayClock(now: { Timestamp(microseconds: 0) }, uptime: { .now() })
        let loop = try await EditingLoop(Broker(store: MemoryStore(), clock: clock))
        let document = LoadedDocument(self.name, of: "1", on: loop, DocumentSettings(), MemoryLedger(), at: .now())
        document.read(through: Self.id(1), in: 1)
        _ = document.caughtUp()
        return document
    }

    private static func id(_ milliseconds: UInt64) -> MessageID { MessageID(milliseconds: milliseconds, sequence: 0) }

    /// Waits for message 3, and does something once it does.
    private func waiting(_ change: (LoadedDocument) -> Void) async throws {
        let document = try await self.document()
        await document.whenRead(through: Self.id(1))
        async let isThere: Void = document.whenRead(through: Self.id(3))
        try await until("somebody waits") { document.state.withLock { $0.awaited.count } == 1 }
        document.read(through: Self.id(2), in: 1)
        #expect(document.state.withLock { $0.awaited.count } == 1)
        change(document)
        await isThere
        #expect(document.state.withLock { $0.awaited.isEmpty })
    }

    @Test("Who waits for a message goes on when it was read")
    func read() async throws {
        try await self.waiting { $0.read(through: Self.id(3), in: 1) }
    }

    @Test(
        "Nobody waits for a message of a history that is over, of a document that is read anew, or of one that has ended"
    )
    func over() async throws {
        try await self.waiting { $0.read(through: Self.id(2), in: 2) }
        try await self.waiting { $0.beginRereading() }
        try await self.waiting { _ = $0.end(.missing) }
    }

    @Test("Who opens a document finds what was published before, however much is published")
    func publishedBefore() async throws {
        try await EditingStage.run { stage in
            let first = try await stage.open(self.name)
            for number in UInt8(0)..<100 {
                try await stage.publish(Sample.letter(number), to: self.name)
                let use = try await stage.open(self.name)
                #expect(use.document === first.document)
                #expect(use.document.stateVector.encoded() == [1, 1, number + 1])
            }
        }
    }
}
