import RelayWire
import Testing

@testable import RelayCore

@Suite("Epochs, and cursors in them")
struct EpochTests {
    @Test("an epoch's text is 16 digits, and is read back", arguments: [1, 0xab, UInt64.max])
    func text(id: UInt64) {
        let text = StreamEpoch.text(of: id)
        #expect(text.utf8.count == 16)
        #expect(StreamEpoch.id(text) == id)
        #expect(StreamEpoch.id(text.uppercased()) == id)
    }

    @Test("what is no epoch is none", arguments: ["", "x", "0x1", "+1", "-1", " 1", "00000000000000001", "é"])
    func nonsense(text: String) {
        #expect(StreamEpoch.id(text) == nil)
    }

    @Test(
        "a cursor with an epoch; nonsense starts at the oldest message",
        arguments: [
            ("00000000000000ab@5-1", Cursor.inEpoch(0xab, after: MessageID(milliseconds: 5, sequence: 1))),
            ("AB@5", .inEpoch(0xab, after: .ms(5))), ("@5-1", .oldest), ("ab@", .oldest), ("ab@bogus", .oldest),
            ("xy@5-1", .oldest), ("ab@5-1@6", .oldest), ("@", .oldest), ("00000000000000000ab@5", .oldest),
        ]
    )
    func cursor(text: String, cursor: Cursor) {
        #expect(Cursor(clientText: text) == cursor)
    }

    struct Place: Sendable {
        let cursor: Cursor
        let start: UInt64
        var gapFrom: UInt64?
    }

    @Test(
        "where a cursor begins in a stream of epoch 2 that begins after 5, has lost 3, and ends at 9",
        arguments: [
            Place(cursor: .oldest, start: 3), Place(cursor: .after(.ms(1)), start: 1),
            Place(cursor: .after(.ms(20)), start: 20), Place(cursor: .inEpoch(2, after: .ms(7)), start: 7),
            Place(cursor: .inEpoch(1, after: .ms(4)), start: 4, gapFrom: 4),
            Place(cursor: .inEpoch(1, after: .ms(8)), start: 5, gapFrom: 8),
        ]
    )
    func place(place: Place) {
        let bounds = StreamBounds(epoch: StreamEpoch(id: 2, start: .ms(5)), last: .ms(9), trimmedThrough: .ms(3))
        let found = place.cursor.place(in: bounds)
        #expect(found.start == .ms(place.start))
        #expect(found.gapFrom == place.gapFrom.map { .ms($0) })
    }

    struct Passing: Sendable {
        let cursor: Cursor
        let start: UInt64
        var gapFrom: UInt64?
        /// Where the holes begin that are yet to be passed.
        var holes: [UInt64] = []
    }

    @Test(
        "where a cursor begins in a stream of epoch 3 that has lost what was between 5 and 9 and between 20 and 25",
        arguments: [
            Passing(cursor: .oldest, start: 3, holes: [5, 20]),
            Passing(cursor: .after(.ms(0)), start: 0, holes: [5, 20]),
            Passing(cursor: .after(.ms(5)), start: 5, holes: [5, 20]),
            Passing(cursor: .after(.ms(6)), start: 6, gapFrom: 6, holes: [20]),
            Passing(cursor: .after(.ms(9)), start: 9, gapFrom: 9, holes: [20]),
            Passing(cursor: .after(.ms(10)), start: 10, holes: [20]),
            Passing(cursor: .after(.ms(25)), start: 25, gapFrom: 25), Passing(cursor: .after(.ms(26)), start: 26),
            Passing(cursor: .inEpoch(3, after: .ms(5)), start: 5, holes: [5, 20]),
            Passing(cursor: .inEpoch(3, after: .ms(6)), start: 6, gapFrom: 6, holes: [20]),
            Passing(cursor: .inEpoch(3, after: .ms(9)), start: 9, holes: [20]),
            Passing(cursor: .inEpoch(1, after: .ms(4)), start: 4, gapFrom: 4, holes: [5, 20]),
            Passing(cursor: .inEpoch(2, after: .ms(23)), start: 20, gapFrom: 23, holes: [20]),
        ]
    )
    func holes(passing: Passing) {
        let holes = [StreamHole(after: .ms(5), through: .ms(9)), StreamHole(after: .ms(20), through: .ms(25))]
        let epoch = StreamEpoch(id: 3, start: .ms(20), holes: holes)
        let found = passing.cursor.place(in: StreamBounds(epoch: epoch, last: .ms(30), trimmedThrough: .ms(3)))
        #expect(found.start == .ms(passing.start))
        #expect(found.gapFrom == passing.gapFrom.map { .ms($0) })
        #expect(found.holes.map(\.after) == passing.holes.map { .ms($0) })
    }

    @Test("who begins with the oldest message is not told of what was lost before it")
    func oldestInHole() {
        let epoch = StreamEpoch(id: 3, start: .ms(5), holes: [StreamHole(after: .ms(5), through: .ms(9))])
        let found = Cursor.oldest.place(in: StreamBounds(epoch: epoch, last: .ms(9), trimmedThrough: .ms(5)))
        #expect(found.gapFrom == nil && found.holes.isEmpty)
    }

    @Test("in a stream that has no epoch yet, a cursor with one has a gap", arguments: [0, 7] as [UInt64])
    func noEpoch(epoch: UInt64) {
        let found = Cursor.inEpoch(epoch, after: .ms(7)).place(in: StreamBounds())
        #expect(found.start == .zero)
        #expect(found.gapFrom == .ms(7))
    }
}
