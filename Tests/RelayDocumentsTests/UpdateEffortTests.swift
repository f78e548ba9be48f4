import DocumentModel
import SeededRandom
import Testing

@testable import RelayDocuments

/// A struct or a range of 14 bytes spans as many clocks as there are. What is looked at because of it is counted.
@Suite("What an update costs")
struct UpdateEffortTests {
    /// GC over all clocks below 2^31 of client 1, and the same as a deletion.
    private static let spanning = hex("01 01 01 00 00 80 80 80 80 08 00")
    private static let spanningDeletion = hex("00 01 01 01 00 80 80 80 80 08")

    private static func uint(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(uint: UInt64(number))
        return bytes
    }

    /// As many structs of client 1, of a clock each. With gaps only every second clock is there.
    private static func document(_ structs: Int, hasGaps: Bool) throws -> DocumentState {
        let body = (0..<structs).flatMap { _ in hasGaps ? [10, 1, 0, 1] : [0, 1] as [UInt8] }
        var state = DocumentState()
        _ = try state.apply([1] + Self.uint(hasGaps ? 2 * structs : structs) + [1, 0] + body + [0])
        return state
    }

    @Test("A struct over many that are known takes no look at each", arguments: [false, true])
    func spanning(hasGaps: Bool) throws {
        let state = try Self.document(20_000, hasGaps: hasGaps)
        #expect(state.size.structs == 20_000)
        var effort = Effort()
        let news = try state.news(in: Self.spanning.span, within: &effort)
        #expect(news == UpdateNews(forward: .whole, addsStructs: true, addsDeletions: false))
        #expect(try !state.hasAll(of: Self.spanning.span, counting: &effort))
        #expect(effort.count <= 4)
    }

    @Test("What is known is known with one look, however many structs have it")
    func known() throws {
        let state = try Self.document(20_000, hasGaps: false)
        let all = [1, 1, 1, 0, 0] + Self.uint(20_000) + [0]
        // The same behind a gap, in a document that has it so.
        let behind = [1, 1, 1, 5, 0] + Self.uint(20_000) + [0]
        var island = DocumentState()
        _ = try island.apply([1] + Self.uint(20_000) + [1, 5] + (0..<20_000).flatMap { _ in [0, 1] as [UInt8] } + [0])
        for (state, update) in [(state, all), (island, behind)] {
            var effort = Effort()
            #expect(try state.hasAll(of: update.span, counting: &effort))
            #expect(try state.news(in: update.span, within: &effort).isNothing)
            #expect(effort.count <= 2)
        }
    }

    @Test("A deletion over many that are known takes no look at each")
    func deletion() throws {
        var state = DocumentState()
        let ranges = (0..<20_000).flatMap { clock -> [UInt8] in Self.uint(2 * clock) + [1] }
        _ = try state.apply([0, 1, 1] + Self.uint(20_000) + ranges)
        #expect(state.size.deletedRanges == 20_000)
        var effort = Effort()
        let news = try state.news(in: Self.spanningDeletion.span, within: &effort)
        #expect(news == UpdateNews(forward: .whole, addsStructs: false, addsDeletions: true))
        #expect(effort.count <= 2)
    }

    @Test("An update that is new in more places than it has bytes is forwarded whole")
    func manyPlaces() throws {
        var state = try Self.document(20_000, hasGaps: true)
        let padding = hex("01 02 00 03 01 01 74 88 27") + [UInt8](repeating: 7, count: 5_000)
        let update = [2] + padding + Self.spanning.dropFirst()
        var effort = Effort(limit: update.count)
        let news = try state.news(in: update.span, within: &effort)
        #expect(news.forward == .whole)
        #expect(effort.count <= update.count + 4)
        // Whoever has all but a few of them gets the part.
        _ = try state.apply(Self.spanning)
        let rest = try state.news(in: update)
        #expect(rest.forward == .part([1] + padding + [0]))
        #expect(!state.hasHoles)
    }

    @Test("Two structs far apart take no look at what is known between them")
    func farApart() throws {
        let state = try Self.document(20_000, hasGaps: true)
        // Clocks 0 and 39 998 are missing.
        let update = try Update([1, 3, 1, 0, 0, 1, 10] + Self.uint(39_997) + [0, 1, 0])
        var effort = Effort()
        let fresh = try #require(state.fresh(in: update.index, within: &effort))
        #expect(fresh.sections.map(\.pieces.count) == [2])
        #expect(effort.count <= 4)
    }

    @Test("What is new is what was not known", arguments: 200...230 as ClosedRange<UInt64>)
    func fresh(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed)
        var state = DocumentState()
        var model = UnitModel([0, 0])
        var parts = (0..<12).map { _ in document.part() }
        parts.shuffle(using: &generator)
        for part in parts {
            let update = try Update(part)
            let fresh = UnitModel(state.fresh(in: update.index).encoded(from: update.bytes.span))
            var next = model
            next.formUnion(UnitModel(part))
            #expect(Set(fresh.units.keys) == Set(next.units.keys).subtracting(model.units.keys))
            #expect(fresh.deleted == next.deleted.subtracting(model.deleted))
            #expect(try state.hasAll(of: part.span) == (next == model))
            _ = state.apply(update)
            #expect(try state.hasAll(of: part.span))
            let vector = next.stateVector
            #expect(state.hasHoles == next.units.keys.contains { $0.clock >= UInt64(vector[$0.client] ?? 0) })
            model = next
        }
    }

    @Test("Of several updates those that lie between what is known wait for each other")
    func between() throws {
        var state = try Self.document(1_000, hasGaps: true)
        var later: [Update] = []
        // GCs of one clock each: behind all, in gaps, and behind all once more.
        for clock in [2_000, 0, 2, 4, 2_001] {
            let update = [1, 1, 1] + Self.uint(clock) + [0, 1, 0]
            try state.apply(update.span, orLater: &later)
        }
        #expect(later.count == 4)
        #expect(state.stateVector.isEmpty)
        state.apply(together: later)
        #expect(state.stateVector == StateVector([1: 6]))
        #expect(state.size.structs == 1_005)
    }

    @Test(
        "Several updates together make the document that they make one by one",
        arguments: 300...330 as ClosedRange<UInt64>
    )
    func together(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed)
        var parts = (0..<20).map { _ in document.part() }
        if seed.isMultiple(of: 2) { parts.shuffle(using: &generator) }
        var (one, other) = (DocumentState(), DocumentState())
        while !parts.isEmpty {
            let batch = parts.prefix(Int.random(in: 1...6, using: &generator))
            parts.removeFirst(batch.count)
            var later: [Update] = []
            for part in batch {
                _ = try one.apply(part)
                try other.apply(part.span, orLater: &later)
            }
            other.apply(together: later)
            let whole = one.diff(against: StateVector())
            #expect(UnitModel(other.diff(against: StateVector())) == UnitModel(whole))
            #expect(other.stateVector == one.stateVector)
            #expect(other.hasHoles == one.hasHoles)
        }
    }
}
