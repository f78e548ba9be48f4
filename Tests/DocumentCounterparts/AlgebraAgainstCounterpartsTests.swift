import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

/// Histories that Yjs or Yrs wrote; what the library makes of them is given to Yjs and Yrs, which have to see the same document.
@Suite("The algebra against Yjs and Yrs", .enabled(if: Counterpart.yjs.isInstalled), .timeLimit(.minutes(10)))
struct AlgebraAgainstCounterpartsTests {
    private static let batches = Array(0..<Counterpart.batches)
    private static let writers = [Counterpart.yjs, .yrs].filter(\.isInstalled)
    private static let batchSize = 15

    @Test("Merged, compacted and diffed updates make the same document", arguments: writers, batches)
    func sameDocument(writer: Counterpart, batch: Int) async throws {
        let histories = try await writer.histories(from: 1 + batch * Self.batchSize, count: Self.batchSize)
        try await self.judge(histories, by: .yjs)
        if Counterpart.yrs.isInstalled { try await self.judge(histories.filter { !$0.cutsPairs }, by: .yrs) }
    }

    private func judge(_ histories: [History], by counterpart: Counterpart) async throws {
        var documents: [[String]] = []
        var names: [String] = []
        for history in histories {
            documents.append([history.state])
            names.append("state of \(history.seed)")
            for (name, updates) in try self.variants(of: history) {
                documents.append(updates)
                names.append("\(name) of \(history.seed)")
            }
        }
        let verdicts = try await counterpart.judge(documents)
        var expected: Counterpart.Verdict?
        for (name, verdict) in zip(names, verdicts) {
            if name.hasPrefix("state") { expected = verdict }
            #expect(verdict == expected, "\(counterpart): \(name)")
        }
        #expect(verdicts.count == documents.count)
    }

    /// By name, updates that make the whole document.
    private func variants(of history: History) throws -> [(String, [String])] {
        var generator = SeededGenerator(seed: UInt64(history.seed))
        let updates = try history.parsed
        let keep = Compaction(forgetsDeleted: false)
        let disordered = (updates + updates.prefix(updates.count / 3)).shuffled(using: &generator)
        let middle = disordered.count / 2
        let groups = [Array(disordered[..<middle]), Array(disordered[middle...])].map {
            Update.merge($0, compaction: keep)
        }
        var state = DocumentState()
        for update in disordered { _ = try state.apply(update.bytes) }
        let partial = try StateVector(bytes(history.partialVector))
        let compacted = try state.compacted()
        var joined = DocumentState(compacted)
        return [
            ("log", history.updates),
            ("merge", [hex(Update.mergedBytes(updates))]),
            ("disordered merge", [hex(Update.mergedBytes(disordered))]),
            ("coalesced merge", [hex(Update.mergedBytes(updates, compaction: keep))]),
            ("merge with tombstones", [hex(Update.mergedBytes(updates, compaction: Compaction()))]),
            ("merge of groups", [hex(Update.mergedBytes(groups))]),
            ("state", [hex(state.diff(against: StateVector()))]),
            ("compacted state", [hex(compacted.bytes)]),
            ("coalesced state", [hex(try state.compacted(keep).bytes)]),
            ("diff for who knows a part", [history.partial, hex(state.diff(against: partial))]),
            ("diff of the compacted", [history.partial, hex(joined.diff(against: partial))]),
            ("diff of Yjs' state", [history.partial, hex(try Update(bytes(history.state)).diff(against: partial))]),
        ]
    }

    @Test("State vectors are those of the writer, and nothing of a history is new twice", arguments: writers, batches)
    func stateVectors(writer: Counterpart, batch: Int) async throws {
        for history in try await writer.histories(from: 1000 + batch * Self.batchSize, count: Self.batchSize) {
            let expected = try StateVector(bytes(history.stateVector))
            let updates = try history.parsed
            var state = DocumentState()
            for update in updates { _ = state.apply(update) }
            #expect(state.stateVector == expected)
            #expect(Update.merge(updates).stateVector == expected)
            for update in updates { #expect(state.apply(update).isNothing) }
            // Yjs deletes what it finds in deleted parents, which no update says.
            #expect(try !state.news(in: bytes(history.state)).addsStructs)
            #expect(try state.news(in: bytes(history.merged)).isNothing)
            #expect(!state.hasHoles)
        }
    }

    @Test("Merges of Yjs and of the library say the same of every clock", arguments: batches)
    func sameClocks(batch: Int) async throws {
        for history in try await Counterpart.yjs.histories(from: 2000 + batch * Self.batchSize, count: Self.batchSize) {
            let ours = UnitModel(Update.mergedBytes(try history.parsed))
            let theirs = UnitModel(try bytes(history.merged))
            #expect(ours.forgetful == theirs.forgetful, "seed \(history.seed)")
        }
    }

    @Test("What is accepted after bits were flipped can be read by all", arguments: writers, batches)
    func readable(writer: Counterpart, batch: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(batch))
        var accepted: [String] = []
        for history in try await writer.histories(from: 5000 + batch * 5, count: 5) {
            let whole = try bytes(history.state)
            for _ in 0..<400 {
                var flipped = whole
                for _ in 0..<Int.random(in: 1...2, using: &generator) {
                    let place = Int.random(in: 0..<flipped.count, using: &generator)
                    flipped[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                }
                guard (try? Update.check(flipped.span)) != nil, let update = try? Update(flipped) else { continue }
                accepted.append(hex(update.bytes))
            }
        }
        for reader in Self.writers {
            for (update, complaint) in zip(accepted, try await reader.complaints(about: accepted))
            where !complaint.isEmpty {
                Issue.record("\(reader): \(complaint): \(update)")
            }
        }
    }

    @Test("Just the shared types that Yjs can read are accepted")
    func types() async throws {
        // With a name, and with what a weak link of Yrs has.
        let more: [UInt8: [UInt8]] = [3: [1, 0x70], 5: [1, 0x70], 7: [0, 1, 0]]
        let updates = (0...20 as ClosedRange<UInt8>).map { type -> [UInt8] in
            [1, 1, 1, 0, 7, 1, 1, 0x74, type] + more[type, default: []] + [0]
        }
        for (update, complaint) in zip(updates, try await Counterpart.yjs.complaints(about: updates.map(hex))) {
            #expect(complaint.isEmpty == ((try? Update.check(update.span)) != nil), "\(update): \(complaint)")
        }
    }
}
