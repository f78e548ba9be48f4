import RelayDocuments
import Testing

@Suite("Fixed vectors, as Yjs writes them")
struct FixedVectorTests {
    @Test("A state vector is the gapless clocks from 0")
    func stateVectors() throws {
        #expect(StateVector().encoded() == [0])
        #expect(try Update(Sample.text).stateVector.encoded() == hex("01 01 04"))
        #expect(try Update(Sample.two).stateVector.encoded() == hex("02 09 01 08 01"))
        #expect(try StateVector(hex("02 08 01 09 01")) == Update(Sample.two).stateVector)
        #expect(Update.empty.stateVector.isEmpty)
    }

    @Test(
        "A diff cuts text between UTF-16 units",
        arguments: [
            (0, "01 01 01 00 04 01 01 74 06 61 f0 9f 98 80 62 00"),
            (1, "01 01 01 01 84 01 00 05 f0 9f 98 80 62 00"),
            (2, "01 01 01 02 84 01 01 04 ef bf bd 62 00"),
            (3, "01 01 01 03 84 01 02 01 62 00"),
            (4, "00 00"),
        ]
    )
    func textDiff(clock: UInt32, expected: String) throws {
        #expect(try Update(Sample.text).diff(against: StateVector([1: clock])) == hex(expected))
    }

    @Test("A diff cuts a list between its values")
    func listDiff() throws {
        let diff = try Update(Sample.array).diff(against: StateVector([3: 4]))
        #expect(diff == hex("01 01 03 04 88 03 03 02 77 02 68 69 76 01 01 70 75 01 7d 01 00"))
    }

    @Test("A diff keeps all deletions")
    func diffKeepsDeletions() throws {
        let update = try Update(Sample.collected)
        #expect(update.diff(against: update.stateVector) == hex("00 01 06 01 00 03"))
    }

    @Test("Keystrokes merge into one struct")
    func coalescedMerge() throws {
        let updates = try [Sample.u0, Sample.u1, Sample.u2].map { try Update($0) }
        let merged = Update.mergedBytes(updates, compaction: Compaction())
        #expect(merged == hex("01 01 ac 02 00 04 01 01 74 03 61 62 63 00"))
    }

    @Test("A hole becomes a Skip, and ends the state vector")
    func hole() throws {
        let merged = Update.merge(try [Sample.u0, Sample.u2].map { try Update($0) })
        #expect(merged.bytes == hex("01 03 ac 02 00 04 01 01 74 01 61 0a 01 84 ac 02 01 01 63 00"))
        #expect(merged.stateVector == StateVector([300: 1]))
    }

    @Test("A merge keeps what is deleted, or forgets it")
    func deletions() throws {
        let updates = try [Sample.u0, Sample.u1, Sample.u2, Sample.u3].map { try Update($0) }
        let plain = "01 03 ac 02 00 04 01 01 74 01 61 84 ac 02 00 01 62 84 ac 02 01 01 63 01 ac 02 01 01 01"
        #expect(Update.mergedBytes(updates) == hex(plain))
        #expect(Update.mergedBytes(updates, compaction: Compaction(forgetsDeleted: false)) == hex(plain))
        let forgotten = "01 03 ac 02 00 04 01 01 74 01 61 81 ac 02 00 01 84 ac 02 01 01 63 01 ac 02 01 01 01"
        #expect(Update.mergedBytes(updates, compaction: Compaction()) == hex(forgotten))
        #expect(updates[3].deletions == [300: [1..<2]])
    }

    @Test("Clients are written by falling id")
    func clientOrder() throws {
        let merged = Update.mergedBytes(try [Sample.eight, Sample.nine].map { try Update($0) })
        #expect(merged == Sample.two)
    }

    @Test("What was read is written as it was", arguments: Sample.all)
    func stable(sample: [UInt8]) throws {
        let update = try Update(sample)
        #expect(Update.mergedBytes([update]) == sample)
        #expect(Update.mergedBytes([update, update]) == sample)
        #expect(update.diff(against: StateVector()) == sample)
    }

    @Test("Bytes that end early are refused at every length", arguments: Sample.all)
    func truncated(sample: [UInt8]) {
        for count in 0..<sample.count {
            #expect(throws: DocumentError.self) { try Update(Array(sample[..<count])) }
        }
        #expect(throws: DocumentError.trailingBytes) { try Update(sample + [0]) }
    }
}
