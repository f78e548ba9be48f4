import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

@Suite("Restorations", .timeLimit(.minutes(2)))
struct RestorationTests {
    private func merge(_ updates: [[UInt8]]) throws -> Update {
        try Update.merge(updates.map { try Update($0) })
    }

    private func json(_ updates: [Update]) throws -> String {
        String(decoding: try DocumentContent(Update.merge(updates)).json(), as: UTF8.self)
    }

    @Test("What was deleted is written again where it was, what came is deleted")
    func golden() throws {
        let earlier = try self.merge([Sample.u0, Sample.u1])
        let current = try self.merge([Sample.u0, Sample.u1, Sample.u2, Sample.u3])
        let update = try #require(try Update.restoration(to: earlier, from: current, client: 7))
        // "b" behind the deleted "b", in front of "c", which is deleted.
        #expect(update.bytes == hex("01 01 07 00 c4 ac 02 01 ac 02 02 01 62 01 ac 02 01 02 01"))
        #expect(try self.json([current, update]) == #"{"t":"ab"}"#)
        #expect(try Update.restoration(to: earlier, from: earlier, client: 7) == nil)
    }

    @Test("A key gets its value back as the newest one, and a nested type what lay in it")
    func entries() throws {
        let set = try self.merge([Sample.mapNumber, Sample.mapText])
        let update = try #require(
            try Update.restoration(to: Update(Sample.mapNumber), from: set, client: 9)
        )
        #expect(update.bytes == hex("01 01 09 00 88 02 01 01 7d 01 01 02 01 01 01"))
        #expect(try self.json([set, update]) == #"{"m":{"k":1}}"#)

        let before = try self.merge([Sample.element, Sample.attribute])
        let after = try self.merge([Sample.element, Sample.attribute, hex("00 01 04 01 00 02")])
        let back = try #require(try Update.restoration(to: before, from: after, client: 9))
        #expect(try self.json([after, back]) == #"{"x":"<p id=\"7\"></p>"}"#)
        // The same where nothing but clocks is left of them.
        let forgotten = Update.merge([after], compaction: Compaction())
        let again = try #require(try Update.restoration(to: before, from: forgotten, client: 9))
        #expect(try self.json([forgotten, again]) == #"{"x":"<p id=\"7\"></p>"}"#)
    }

    @Test("All of a document can be emptied and brought back, a text as one struct")
    func everything() throws {
        let whole = try self.merge(Sample.all)
        let content = try self.json([whole])
        let emptied = try #require(try Update.restoration(to: .empty, from: whole, client: 50))
        #expect(emptied.structCount == 0)
        let without = Update.merge([whole, emptied], compaction: Compaction())
        #expect(try DocumentContent(without).roots.allSatisfy { $0.shape == .map && !$0.hasEntries })
        let back = try #require(try Update.restoration(to: whole, from: without, client: 51))
        #expect(try self.json([without, back]) == content)
        // Also into a document that has never had it.
        let copy = try #require(try Update.restoration(to: whole, from: .empty, client: 52))
        #expect(try self.json([copy]) == content)
    }

    @Test("A client goes on behind what it wrote, and has to be one")
    func clients() throws {
        let earlier = try self.merge([Sample.u0])
        let current = try self.merge([Sample.u0, hex("00 01 ac 02 01 00 01")])
        let update = try #require(try Update.restoration(to: earlier, from: current, client: 300))
        #expect(try self.json([current, update]) == #"{"t":"a"}"#)
        #expect(update.structCount == 1)
        #expect(throws: DocumentError.numberTooLarge) {
            try Update.restoration(to: earlier, from: current, client: 1 << 53)
        }
        var limits = ContentLimits()
        limits.maxItems = 0
        #expect(throws: DocumentError.tooLarge) {
            try Update.restoration(to: earlier, from: current, client: 1, limits: limits)
        }
    }

    @Test("Of any two updates, one restores the other or is refused", arguments: 1...40 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed, structs: 50)
        for _ in 0..<40 {
            var parts = [document.part(), document.part()]
            for index in parts.indices where generator.chance(60) {
                parts[index][Int.random(in: 0..<parts[index].count, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
            }
            guard let first = try? Update(parts[0]), let second = try? Update(parts[1]) else { continue }
            guard let update = try Update.restoration(to: first, from: second, client: 1 << 30) else { continue }
            _ = try DocumentContent(Update.merge([second, update])).json()
        }
    }
}
