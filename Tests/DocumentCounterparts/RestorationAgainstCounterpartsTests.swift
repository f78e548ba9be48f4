import RelayDocuments
import SeededRandom
import Testing

/// Restorations of histories that Yjs or Yrs wrote, as these show them.
@Suite("Restoration against Yjs and Yrs", .enabled(if: Counterpart.yjs.isInstalled), .timeLimit(.minutes(10)))
struct RestorationAgainstCounterpartsTests {
    private static let batches = Array(0..<Counterpart.batches)
    private static let writers = [Counterpart.yjs, .yrs].filter(\.isInstalled)
    private static let batchSize = 15

    /// Documents, each as updates in order, of which all must show the same content.
    private struct Case {
        let name: String
        var documents: [[Update]]
    }

    @Test("After a restoration the document shows what it showed then", arguments: writers, batches)
    func restored(writer: Counterpart, batch: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(batch))
        var cases: [Case] = []
        for history in try await writer.histories(from: 9000 + batch * Self.batchSize, count: Self.batchSize)
        where !history.cutsPairs {
            let updates = try history.parsed
            for client: UInt64 in [5, 1 << 50] {
                let then = Int.random(in: 0...updates.count, using: &generator)
                let compaction = generator.chance(50) ? Compaction() : nil
                let earlier = Update.merge(Array(updates[..<then]))
                let current = Update.merge(updates, compaction: compaction)
                let name = "seed \(history.seed), \(then) of \(updates.count), client \(client)"
                cases += try Self.cases(name, earlier: earlier, current: current, client: client)
            }
        }
        for reader in Self.writers { try await self.judge(cases, by: reader) }
    }

    private static func cases(
        _ name: String,
        earlier: Update,
        current: Update,
        client: UInt64
    ) throws -> [Case] {
        guard let forth = try Update.restoration(to: earlier, from: current, client: client) else {
            return [Case(name: "unchanged: \(name)", documents: [[earlier], [current]])]
        }
        let restored = Update.merge([current, forth])
        let there = Case(name: name, documents: [[earlier], [current, forth], [restored]])
        let back = try Update.restoration(to: current, from: restored, client: client + 1)
        let again = Case(name: "back: \(name)", documents: [[current], [current, forth, try #require(back)]])
        return [there, again]
    }

    private func judge(_ cases: [Case], by reader: Counterpart) async throws {
        let documents = cases.flatMap(\.documents).map { $0.map { hex($0.bytes) } }
        var verdicts = try await reader.judge(documents)[...]
        for each in cases {
            let contents = verdicts.prefix(each.documents.count).map(\.content)
            verdicts = verdicts.dropFirst(each.documents.count)
            for content in contents { #expect(content == contents[0], "\(reader): \(each.name)") }
        }
    }

    @Test("A restoration merges with what it does not know of, in any order", arguments: writers, batches)
    func merged(writer: Counterpart, batch: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(batch))
        var documents: [[String]] = []
        var ours: [ShownContent] = []
        for history in try await writer.histories(from: 9500 + batch * Self.batchSize, count: Self.batchSize)
        where !history.cutsPairs {
            let updates = try history.parsed
            let now = Int.random(in: 0...updates.count, using: &generator)
            let then = Int.random(in: 0...now, using: &generator)
            let (earlier, current) = (Update.merge(Array(updates[..<then])), Update.merge(Array(updates[..<now])))
            guard let update = try Update.restoration(to: earlier, from: current, client: 77) else { continue }
            let later = Update.merge(Array(updates[now...]))
            for order in [
                [current, update, later], [current, later, update], [Update.merge([later, update, current])],
            ] {
                documents.append(order.map { hex($0.bytes) })
            }
            ours.append(try ShownContent(DocumentContent(Update.merge([current, update, later]))))
        }
        let shown = try await Counterpart.yjs.content(of: documents)
        for (index, shown) in shown.enumerated() {
            #expect(shown == ours[index / 3], "\(documents[index])")
        }
    }
}
