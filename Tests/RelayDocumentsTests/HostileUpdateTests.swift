import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

@Suite("Hostile updates")
struct HostileUpdateTests {
    @Test(
        "What the format does not allow is refused, with its reason",
        arguments: [
            ("", DocumentError.truncated),
            ("00", .truncated),
            ("ff ff ff ff ff ff ff 0f", .truncated),
            ("ff ff ff ff ff ff ff 1f", .numberTooLarge),
            ("80 80 80 80 80 80 80 80 80 80 80 00", .numberTooLarge),
            // 2^53 - 1 structs, ranges, clients with ranges.
            ("01 ff ff ff ff ff ff ff 0f 01 00 04 01 01 74 01 58 00", .truncated),
            ("00 01 01 ff ff ff ff ff ff ff 0f 00 01", .truncated),
            ("00 ff ff ff ff ff ff ff 0f 01 01 00 01", .truncated),
            // 2^40 values.
            ("01 01 01 00 08 01 01 61 80 80 80 80 80 20 7e 00", .truncated),
            // A text longer than the update.
            ("01 01 01 00 04 01 01 74 7f 58 00", .truncated),
            // Clocks: a first one of 2^32, a length that goes beyond, a range that does.
            ("01 01 01 80 80 80 80 10 04 01 01 74 01 58 00", .clockTooLarge),
            ("01 01 01 ff ff ff ff 0f 04 01 01 74 01 58 00", .clockTooLarge),
            ("01 02 01 05 00 ff ff ff ff 0f 00 01 00", .clockTooLarge),
            ("00 01 01 01 05 ff ff ff ff 0f", .clockTooLarge),
            // Texts: overlong, surrogate alone, above U+10FFFF, cut.
            ("01 01 01 00 04 01 01 74 02 c0 80 00", .invalidText),
            ("01 01 01 00 04 01 01 74 03 ed a0 80 00", .invalidText),
            ("01 01 01 00 04 01 01 74 04 f4 90 80 80 00", .invalidText),
            ("01 01 01 00 04 01 01 74 02 e2 82 00", .invalidText),
            ("01 01 01 00 04 01 01 ff 01 58 00", .invalidText),
            // Content 11, GC and Skip with flags, a parent that is neither.
            ("01 01 01 00 0b 01 01 74 00", .unknownContent(info: 0x0B)),
            ("01 01 01 00 80 01 00 01 00", .unknownContent(info: 0x80)),
            ("01 01 01 00 8a 01 00 01 00", .unknownContent(info: 0x8A)),
            ("01 01 01 00 04 02 01 74 01 58 00", .malformed),
            // A subdocument without options, at which Yjs throws.
            ("01 01 07 00 29 01 01 6d 01 73 01 67 7e 00", .malformed),
            // A shared type that nobody knows, a value that nobody knows, JSON that is none.
            ("01 01 01 00 07 01 01 74 08 00", .unknownType(8)),
            ("01 01 01 00 08 01 01 74 01 73 00", .unknownValue(tag: 0x73)),
            ("01 01 01 00 05 01 01 74 01 7b 00", .invalidJSON),
            ("01 01 01 00 06 01 01 74 01 62 02 30 31 00", .invalidJSON),
            ("00 00 00", .trailingBytes),
        ]
    )
    func refused(bytes: String, error: DocumentError) {
        #expect(throws: error) { try Update(hex(bytes)) }
    }

    @Test("Empty texts of old documents are dropped, and weak links of Yrs are read")
    func oddities() throws {
        let update = try Update(hex("01 02 01 00 04 01 01 74 00 04 01 01 74 01 58 00"))
        #expect(update.structCount == 1)
        #expect(Update.mergedBytes([update]) == hex("01 01 01 00 04 01 01 74 01 58 00"))
        for link in ["07 01 01 00 01 05", "07 00 01 00", "07 28 01 61", "07 30 01 00 01 61"] {
            let bytes = hex("01 01 01 00 07 01 01 74 \(link) 00")
            #expect(try Update.mergedBytes([Update(bytes)]) == bytes)
        }
        #expect(try Update(hex("01 01 01 00 00 ff ff ff ff 0f 00")).stateVector == StateVector([1: .max]))
        #expect(try Update(hex("01 81 80 00 01 00 04 01 01 74 01 58 00")).structCount == 1)
    }

    @Test(
        "A shared type at which Yjs throws comes into no document, and stays in one that has it",
        arguments: ["07 01 01 00 01 05", "07 00 01 00", "07 28 01 61", "07 30 01 00 01 61", "09", "0f"]
    )
    func foreignType(type: String) throws {
        let bytes = hex("01 02 02 00 04 01 01 74 01 58 07 01 01 74 \(type) 00")
        let error = DocumentError.unknownType(UInt64(hex(type)[0]))
        var state = DocumentState()
        #expect(throws: error) { try Update.check(bytes.span) }
        #expect(throws: error) { try state.news(in: bytes) }
        #expect(throws: error) { try state.hasAll(of: bytes.span) }
        #expect(throws: Never.self) { try Update.check(bytes.span, isInDocument: true) }
        // From before such were refused.
        #expect(try state.apply(bytes).addsStructs)
        #expect(throws: error) { try state.news(in: bytes) }
        #expect(try state.compacted().stateVector == StateVector([2: 2]))
        #expect(state.diff(against: StateVector()) == bytes)
        // Where clients do not fall, too.
        let rising = [2, 1, 1, 0, 0, 1] + bytes.dropFirst()
        #expect(throws: error) { try Update.check(rising.span) }
    }

    @Test("Values may lie 256 deep, and no deeper")
    func nesting() {
        func update(_ depth: Int) -> [UInt8] {
            hex("01 01 01 00 08 01 01 61 01") + (0..<depth).flatMap { _ in [117, 1] as [UInt8] } + [126, 0]
        }
        #expect(throws: Never.self) { try Update(update(256)) }
        #expect(throws: DocumentError.nestingTooDeep) { try Update(update(257)) }
        #expect(throws: DocumentError.nestingTooDeep) { try Update(update(100_000)) }
        let json = hex("01 01 01 00 05 01 01 61 d0 0f") + [UInt8](repeating: UInt8(ascii: "["), count: 2000) + [0]
        #expect(throws: DocumentError.nestingTooDeep) { try Update(json) }
    }

    @Test(
        "Truncated and flipped updates are refused, or are updates with one meaning",
        arguments: 1...12 as ClosedRange<UInt64>
    )
    func mutated(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed, structs: 25)
        let whole = document.whole()
        let part = try Update(document.part())
        for count in 0..<whole.count {
            #expect(throws: DocumentError.self) { try Update(Array(whole[..<count])) }
        }
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
            }
            guard let update = try? Update(bytes) else { continue }
            try self.expectOneMeaning(update, part)
        }
    }

    /// Whatever is accepted merges to the same in any order and grouping, and stays readable.
    private func expectOneMeaning(_ update: Update, _ part: Update) throws {
        let merged = Update.merge([update, part])
        let compacted = Update.merge([part, update], compaction: Compaction(forgetsDeleted: false))
        #expect(Update.mergedBytes([merged, update, part]) == merged.bytes)
        #expect(merged.stateVector == compacted.stateVector)
        #expect(merged.deletions == compacted.deletions)
        var state = DocumentState()
        _ = state.apply(part)
        _ = state.apply(update)
        #expect(state.stateVector == merged.stateVector)
        #expect(state.deletions == merged.deletions)
        _ = try state.compacted()
        let vector = StateVector(merged.stateVector.clocks.mapValues { $0 / 2 })
        #expect(try Update(merged.diff(against: vector)).deletions == merged.deletions)
    }

    @Test("Time and memory do not depend on what counts claim", .timeLimit(.minutes(1)))
    func linear() throws {
        // One text of a million units, cut by 100 000 deletions, by holes, and by a client that comes twice.
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
        var bytes = hex("01 01 01 00 04 01 01 74 c0 84 3d") + text + hex("01 01 a0 8d 06")
        for index in 0..<100_000 {
            var clock = UInt64(index * 10)
            while clock >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: clock) | 0x80)
                clock >>= 7
            }
            bytes += [UInt8(clock), 3]
        }
        let update = try Update(bytes)
        let compacted = Update.merge([update], compaction: Compaction())
        #expect(compacted.structCount == 200_000)
        #expect(compacted.deletions == update.deletions)
        var state = DocumentState(update)
        #expect(state.apply(compacted).isNothing)
        #expect(state.size.structs == 1)
    }
}
