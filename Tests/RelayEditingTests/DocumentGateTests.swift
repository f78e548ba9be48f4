import NIOCore
import RelayCore
import RelayDocuments
import Testing

@testable import RelayEditing

@Suite("How large a document gets by publishes to its topic")
struct DocumentGateTests {
    private static let name = DocumentName("d")!
    private static let deletion: [UInt8] = [0, 1, 1, 1, 0, 1]

    private static func isTooLarge(_ error: BrokerError?) -> Bool {
        guard case .refused(let refusal) = error else { return false }
        return refusal.detail.hasPrefix("too_large")
    }

    private static func publish(_ update: [UInt8], on stage: EditingStage) async -> BrokerError? {
        let item = Broker.Item(key: TopicKey(name: Self.name.topicName), draft: .binary(update))
        return await stage.broker.publishOne(item, once: nil, as: stage.olga).error
    }

    @Test("It is held to its size, in memory or not, and deletions still come")
    func full() async throws {
        try await EditingStage.run {
            $0.maxBytes = 40
            $0.idle = .milliseconds(1)
        } _: { stage in
            for number in 0..<4 as Range<UInt8> {
                _ = await Self.publish(Sample.letter(number), on: stage)
                try await until("it is unloaded") { stage.documents.loadedCount == 0 }
            }
            let use = try await stage.open(Self.name)
            try await until("it is full") { !use.document.hasRoom(for: Sample.letter(4).count, addingStructs: true) }
            #expect(use.document.summary.bytes < 40 + Sample.letter(1).count)
            for number in 4..<8 as Range<UInt8> {
                #expect(Self.isTooLarge(await Self.publish(Sample.letter(number), on: stage)))
            }
            #expect(await Self.publish(Self.deletion, on: stage) == nil)
            // The relay says again what was said before, whatever the size.
            let item = Broker.Item(key: use.document.key, draft: .binary(Sample.letter(9)))
            #expect(await stage.broker.publishOne(item, once: nil, as: .relay).error == nil)
        }
    }

    @Test("Whoever is first makes the document; several at once are held to the size")
    func bulk() async throws {
        try await EditingStage.run {
            $0.maxBytes = 30
        } _: { stage in
            let key = TopicKey(name: Self.name.topicName)
            let items = (0..<4).map { Broker.Item(key: key, draft: .binary(Sample.letter($0))) }
            _ = try await stage.broker.publish(items, as: stage.olga)
            await #expect(throws: BrokerError.self) { _ = try await stage.broker.publish(items, as: stage.olga) }
            let use = try await stage.open(Self.name)
            #expect(use.document.summary.bytes == items.reduce(0) { $0 + $1.draft.payload.readableBytes })
        }
    }

    @Test("A document in memory is asked at once, and one that is not has to be loaded first")
    func atOnce() async throws {
        try await EditingStage.run { stage in
            try await stage.publish(Sample.letter(0), to: Self.name)
            let key = TopicKey(name: Self.name.topicName)
            let item = Broker.Item(key: key, draft: .binary(Sample.letter(1)))
            #expect(!stage.broker.publishNow(item, as: stage.olga) { _ in })
            let use = try await stage.open(Self.name)
            #expect(stage.broker.publishNow(item, as: stage.olga) { _ in })
            _ = use
        }
    }
}
