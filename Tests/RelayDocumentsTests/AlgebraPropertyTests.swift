import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

/// Random parts of random documents, judged clock by clock.
@Suite("Properties of the algebra")
struct AlgebraPropertyTests {
    private static let seeds = Array<UInt64>(1...24)

    private func parts(_ seed: UInt64) throws -> (updates: [Update], model: UnitModel) {
        var document = RandomDocument(seed: seed)
        var updates: [Update] = []
        var model = UnitModel([0, 0])
        for _ in 0..<8 {
            let bytes = document.part()
            updates.append(try Update(bytes))
            model.formUnion(UnitModel(bytes))
        }
        return (updates, model)
    }

    @Test("A merge has what each of its parts has", arguments: seeds)
    func merge(seed: UInt64) throws {
        let (updates, model) = try self.parts(seed)
        let merged = Update.merge(updates)
        #expect(UnitModel(merged.bytes) == model)
        #expect(merged.stateVector == StateVector(model.stateVector))
    }

    @Test("A document has all of an update where it finds nothing new in it", arguments: seeds)
    func knowing(seed: UInt64) throws {
        let (updates, _) = try self.parts(seed)
        var document = DocumentState()
        var known = 0
        for update in updates {
            for other in updates {
                let isKnown = try document.hasAll(of: other.bytes.span)
                #expect(isKnown == (try document.news(in: other.bytes).isNothing))
                known += isKnown ? 1 : 0
            }
            _ = document.apply(update)
            #expect(try document.hasAll(of: update.bytes.span))
        }
        #expect(known > 0)
    }

    @Test("Order, repetition and grouping do not matter", arguments: seeds)
    func order(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let (updates, model) = try self.parts(seed)
        let shuffled = (updates + updates.prefix(3)).shuffled(using: &generator)
        let cut = Int.random(in: 1..<shuffled.count, using: &generator)
        let groups = [
            Update.merge(Array(shuffled[..<cut])),
            Update.merge(Array(shuffled[cut...]), compaction: Compaction(forgetsDeleted: false)),
        ]
        #expect(UnitModel(Update.mergedBytes(groups)) == model)
        let once = Update.merge(updates)
        #expect(Update.mergedBytes([once, once]) == once.bytes)
        #expect(Update.mergedBytes([once]) == once.bytes)
    }

    @Test("Compaction changes no clock, and forgets only what is deleted", arguments: seeds)
    func compaction(seed: UInt64) throws {
        let (updates, model) = try self.parts(seed)
        let kept = Update.merge(updates, compaction: Compaction(forgetsDeleted: false))
        let forgotten = Update.merge(updates, compaction: Compaction(forgetsDeleted: true))
        #expect(UnitModel(kept.bytes) == model)
        #expect(UnitModel(forgotten.bytes) == model.forgetful)
        #expect(Update.mergedBytes([kept], compaction: Compaction(forgetsDeleted: false)) == kept.bytes)
        #expect(Update.mergedBytes([forgotten], compaction: Compaction()) == forgotten.bytes)
    }

    @Test("A diff at every clock has what lies above it", arguments: Array(seeds.prefix(8)))
    func diff(seed: UInt64) throws {
        let (updates, model) = try self.parts(seed)
        let plain = Update.merge(updates)
        let coalesced = Update.merge(updates, compaction: Compaction(forgetsDeleted: false))
        for client in Set(model.units.keys.map(\.client)) {
            let top = model.units.keys.filter { $0.client == client }.map(\.clock).max() ?? 0
            for clock in 0...UInt32(top + 2) {
                let vector = [client: clock]
                let expected = model.above(vector)
                #expect(UnitModel(plain.diff(against: StateVector(vector))) == expected)
                #expect(UnitModel(coalesced.diff(against: StateVector(vector))) == expected)
            }
        }
    }

    @Test("Split and coalesced is what it was", arguments: seeds)
    func splitThenCoalesced(seed: UInt64) throws {
        var document = RandomDocument(seed: seed)
        let whole = Update.merge([try Update(document.whole())], compaction: Compaction(forgetsDeleted: false))
        // Each diff is the right half of one split of each client; the whole comes last, so that the halves are what stays.
        var parts: [Update] = []
        for step in 0..<10 {
            let vector = whole.stateVector.clocks.mapValues { $0 * UInt32(9 - step) / 10 }
            parts.append(try Update(whole.diff(against: StateVector(vector))))
        }
        let merged = Update.merge(parts, compaction: Compaction(forgetsDeleted: false))
        #expect(merged.bytes == whole.bytes)
    }
}
