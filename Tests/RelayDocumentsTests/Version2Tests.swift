import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

@Suite("Version 2")
struct Version2Tests {
    @Test("There and back is what it was", arguments: Sample.all)
    func fixed(sample: [UInt8]) throws {
        let update = try Update(sample)
        #expect(try Update(version2: update.version2(), maxBytes: 1000) == update)
    }

    @Test("Random updates, with every content", arguments: 1...40 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var document = RandomDocument(seed: seed, structs: 60)
        let update = Update.merge([try Update(document.part()), try Update(document.part())])
        let second = try update.version2()
        let back = try Update(version2: second, maxBytes: 1 << 20)
        #expect(back.stateVector == update.stateVector)
        #expect(back.deletions == update.deletions)
        #expect(back.structCount == update.structCount)
        #expect(try back.version2() == second)
    }

    @Test("Truncated and flipped bytes are refused, or an update", arguments: 1...10 as ClosedRange<UInt64>)
    func mutated(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed, structs: 20)
        let second = try Update(document.whole()).version2()
        for count in 0..<second.count {
            #expect(throws: DocumentError.self) { try Update(version2: Array(second[..<count]), maxBytes: 1 << 16) }
        }
        for _ in 0..<500 {
            var bytes = second
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            guard let update = try? Update(version2: bytes, maxBytes: 1 << 16) else { continue }
            #expect(try Update(version2: update.version2(), maxBytes: 1 << 17).stateVector == update.stateVector)
        }
    }

    @Test("A few bytes that stand for endless structs are refused")
    func expansion() {
        // No key, client 1 for ever, GCs of length 1 for ever, and 2^53 - 1 of them.
        let structs = hex("00 00 01 01 00 00 01 00 01 00 00 00 04 41 ff ff 7f")
        let bomb = structs + hex("01 ff ff ff ff ff ff ff 0f 00 00")
        #expect(throws: DocumentError.tooLarge) { try Update(version2: bomb, maxBytes: 1 << 16) }
    }

    @Test("A shared type at which Yjs throws is refused", arguments: [7, 8, 9, 15] as [UInt8])
    func foreignType(type: UInt8) throws {
        var second = try Update(hex("01 01 01 00 07 01 01 74 06 00")).version2()
        let column = try #require(second.firstIndex(of: 6))
        #expect(throws: Never.self) { try Update(version2: second, maxBytes: 100) }
        second[column] = type
        #expect(throws: DocumentError.unknownType(UInt64(type))) { try Update(version2: second, maxBytes: 100) }
    }

    @Test("Another feature flag is refused")
    func flag() {
        #expect(throws: DocumentError.malformed) {
            try Update(version2: hex("01 00 00 00 00 00 00 00 00 00 00 00"), maxBytes: 100)
        }
    }
}
