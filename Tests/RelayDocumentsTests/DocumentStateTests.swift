import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

@Suite("A document in memory")
struct DocumentStateTests {
    private static let seeds = Array<UInt64>(100...120)

    @Test("It has what came, in any order, and says what was new", arguments: seeds)
    func applies(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed)
        var state = DocumentState()
        var model = UnitModel([0, 0])
        var parts = (0..<10).map { _ in document.part() }
        parts += parts.shuffled(using: &generator).prefix(4)
        for part in parts {
            let update = UnitModel(part)
            var next = model
            next.formUnion(update)
            let before = try state.news(in: part)
            let news = try state.apply(part)
            #expect(news == before)
            #expect(news.addsStructs == (next.units.count > model.units.count))
            #expect(news.addsDeletions == (next.deleted.count > model.deleted.count))
            #expect(news.isNothing == (next == model))
            model = next
            #expect(state.stateVector == StateVector(model.stateVector))
        }
        #expect(UnitModel(state.diff(against: StateVector())) == model)
        let vector = state.stateVector
        #expect(UnitModel(state.diff(against: vector)) == model.above(vector.clocks))
        let half = vector.clocks.mapValues { $0 / 2 }
        #expect(UnitModel(state.diff(against: StateVector(half))) == model.above(half))
        try self.expectCompaction(of: state, model)
    }

    private func expectCompaction(of state: DocumentState, _ model: UnitModel) throws {
        var state = state
        #expect(try UnitModel(state.compacted(Compaction(forgetsDeleted: false)).bytes) == model)
        let compacted = try state.compacted()
        #expect(UnitModel(compacted.bytes) == model.forgetful)
        state.replace(with: compacted)
        #expect(UnitModel(state.diff(against: StateVector())) == model.forgetful)
        #expect(try state.compacted().bytes == compacted.bytes)
    }

    @Test("What came while a copy was compacted stays", arguments: seeds.prefix(10))
    func replaceKeepsLater(seed: UInt64) throws {
        var document = RandomDocument(seed: seed)
        var state = DocumentState()
        for _ in 0..<5 { _ = try state.apply(document.part()) }
        let compacted = try state.compacted(Compaction(forgetsDeleted: false))
        for _ in 0..<3 { _ = try state.apply(document.part()) }
        let whole = UnitModel(state.diff(against: StateVector()))
        state.replace(with: compacted)
        #expect(UnitModel(state.diff(against: StateVector())) == whole)
    }

    @Test("Only the new part of a large update is forwarded")
    func forwardsPart() throws {
        var state = DocumentState()
        let text = String(repeating: "x", count: 5000)
        func update(_ text: String) -> [UInt8] {
            var bytes = hex("01 01 01 00 04 01 01 74")
            bytes += [UInt8(text.utf8.count & 0x7F) | 0x80, UInt8(text.utf8.count >> 7)] + Array(text.utf8)
            return bytes + [0]
        }
        #expect(try state.apply(update(String(text.prefix(4990)))).forward == .whole)
        let news = try state.apply(update(text))
        #expect(news.forward == .part(hex("01 01 01 fe 26 84 01 fd 26 0a 78 78 78 78 78 78 78 78 78 78 00")))
        #expect(try state.apply(update(text)).isNothing)
        #expect(state.diff(against: StateVector([1: 5000])) == [0, 0])
    }

    @Test("A document that is not edited takes its bytes and 24 a struct")
    func memory() throws {
        var updates: [Update] = []
        for seed in 1...20 as ClosedRange<UInt64> {
            var document = RandomDocument(seed: seed, structs: 2000)
            updates.append(try Update(document.whole()))
        }
        let compacted = Update.merge(updates, compaction: Compaction())
        let size = DocumentState(compacted).size
        #expect(size.memory <= compacted.bytes.count + 24 * size.structs + 4096)
    }

    @Test("Holes are known, and seen")
    func holes() throws {
        var state = DocumentState()
        _ = try state.apply(Sample.u2)
        #expect(state.hasHoles)
        #expect(state.stateVector.isEmpty)
        #expect(try state.apply(Sample.u2).isNothing)
        _ = try state.apply(Sample.u0)
        _ = try state.apply(Sample.u1)
        #expect(!state.hasHoles)
        #expect(state.stateVector == StateVector([300: 3]))
    }

    @Test("An update with a client twice is put in order")
    func clientTwice() throws {
        // "ab" from clock 0, and "bc" from clock 1, of client 1; then client 5, so ids rise.
        let bytes = hex("03 01 01 00 04 01 01 74 02 61 62 01 01 01 84 01 00 02 62 63 01 05 00 04 01 01 74 01 7a 00")
        let expected = hex("02 01 05 00 04 01 01 74 01 7a 02 01 00 04 01 01 74 02 61 62 84 01 01 01 63 00")
        #expect(try Update(bytes).bytes == expected)
        var state = DocumentState()
        #expect(try state.news(in: bytes).forward == .part(expected))
        #expect(try state.apply(bytes).forward == .part(expected))
        #expect(state.diff(against: StateVector()) == expected)
    }

    @Test("What others can't read, or would lose, is forwarded in another form")
    func forwardsRewritten() throws {
        // Clients that rise, and an empty list of JSON values, which Yrs refuses.
        let rising = hex("02 01 08 00 04 01 01 74 01 58 01 09 00 04 01 01 74 01 59 00")
        var state = DocumentState()
        #expect(try state.apply(rising).forward == .part(Sample.two))
        let empty = hex("01 02 01 00 02 01 01 74 00 04 01 01 74 01 58 00")
        #expect(try state.apply(empty).forward == .part(hex("01 01 01 00 04 01 01 74 01 58 00")))
    }
}
