import DocumentModel
import RelayDocuments
import Testing

@Suite("Version 2 against Yjs", .enabled(if: Counterpart.yjs.isInstalled), .timeLimit(.minutes(10)))
struct Version2AgainstYjsTests {
    private static let batches = Array(0..<2)
    private static let maxBytes = 1 << 24

    @Test("Yjs and the library convert to the same bytes, both ways", arguments: batches)
    func sameBytes(batch: Int) async throws {
        for history in try await Counterpart.yjs.histories(from: 3000 + batch * 20, count: 20) {
            for (first, second) in zip(history.updates, history.second) {
                let update = try Update(bytes(first))
                let back = try Update(version2: bytes(second), maxBytes: Self.maxBytes)
                #expect(back.bytes == update.bytes)
                // Yjs writes the deletions of several clients in no certain order.
                if update.deletions.count <= 1 { #expect(try hex(update.version2()) == second) }
            }
            let whole = try Update(version2: bytes(history.stateSecond), maxBytes: Self.maxBytes)
            #expect(UnitModel(whole.bytes) == UnitModel(try bytes(history.state)))
        }
    }

    @Test("Yjs makes the same document of what is written as version 2", arguments: batches)
    func sameDocument(batch: Int) async throws {
        var documents: [[String]] = []
        for history in try await Counterpart.yjs.histories(from: 4000 + batch * 20, count: 20) {
            let merged = Update.merge(try history.parsed, compaction: Compaction())
            documents.append([history.state])
            documents.append(["2:" + hex(try merged.version2())])
        }
        let verdicts = try await Counterpart.yjs.judge(documents)
        for index in stride(from: 0, to: verdicts.count, by: 2) {
            #expect(verdicts[index] == verdicts[index + 1])
        }
    }
}
