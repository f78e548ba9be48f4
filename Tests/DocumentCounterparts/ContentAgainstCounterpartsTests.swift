import RelayDocuments
import SeededRandom
import Testing

/// What the library shows of histories that Yjs or Yrs wrote, and what these show.
@Suite("Content against Yjs and Yrs", .enabled(if: Counterpart.yjs.isInstalled), .timeLimit(.minutes(10)))
struct ContentAgainstCounterpartsTests {
    private static let batches = Array(0..<Counterpart.batches)
    private static let writers = [Counterpart.yjs, .yrs].filter(\.isInstalled)
    private static let batchSize = 15

    @Test("A document shows what Yjs and Yrs show", arguments: writers, batches)
    func sameContent(writer: Counterpart, batch: Int) async throws {
        let histories = try await writer.histories(from: 7000 + batch * Self.batchSize, count: Self.batchSize)
        for reader in Self.writers {
            let judged = histories.filter { reader == .yjs || !$0.cutsPairs }
            let documents = try judged.map { [hex(Update.mergedBytes(try $0.parsed))] }
            for (history, shown) in zip(judged, try await reader.content(of: documents)) {
                let updates = try history.parsed
                for update in [Update.merge(updates), Update.merge(updates, compaction: Compaction())] {
                    let ours = try ShownContent(DocumentContent(update))
                    #expect(ours == shown, "\(reader): seed \(history.seed)")
                }
                let state = try ShownContent(DocumentContent(Update(bytes(history.state))))
                #expect(state == shown, "\(reader): state of \(history.seed)")
            }
        }
    }

    @Test("Of a part of the updates, what lacks something is left out as by Yjs", arguments: writers, batches)
    func partialContent(writer: Counterpart, batch: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(batch))
        var parts: [Update] = []
        for history in try await writer.histories(from: 8000 + batch * Self.batchSize, count: Self.batchSize)
        where !history.cutsPairs {
            let updates = try history.parsed
            for _ in 0..<4 {
                let kept = updates.filter { _ in !generator.chance(15) }
                parts.append(Update.merge(kept.shuffled(using: &generator)))
            }
        }
        let shown = try await Counterpart.yjs.content(of: parts.map { [hex($0.bytes)] })
        for (part, shown) in zip(parts, shown) {
            #expect(try ShownContent(DocumentContent(part)) == shown, "\(hex(part.bytes))")
        }
    }
}
