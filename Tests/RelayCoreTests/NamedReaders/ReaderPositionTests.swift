import RelayWire
import Testing

@testable import RelayCore

@Suite("Where named readers stand")
struct ReaderPositionTests {
    private func id(_ ms: UInt64) -> MessageID { MessageID(milliseconds: ms, sequence: 0) }

    private var bounds: StreamBounds {
        StreamBounds(epoch: StreamEpoch(id: 7, start: .zero), last: self.id(90), trimmedThrough: self.id(10), count: 8)
    }

    @Test("a beginning becomes a place in the history in force, and never one beyond its end")
    func starts() {
        let rows: [(ReaderStart, UInt64, UInt64)] = [
            (.tail, 7, 90), (.cursor(.oldest), 7, 10), (.cursor(.after(self.id(30))), 7, 30),
            (.cursor(.after(self.id(99))), 7, 90), (.cursor(.inEpoch(7, after: self.id(99))), 7, 90),
            (.cursor(.inEpoch(3, after: self.id(99))), 3, 99), (.cursor(.after(self.id(2))), 7, 2),
        ]
        for (start, epoch, ms) in rows {
            #expect(ReaderPosition(start, in: self.bounds) == ReaderPosition(epoch: epoch, id: self.id(ms)), "\(start)")
        }
        #expect(ReaderPosition(.tail, in: StreamBounds()) == ReaderPosition(epoch: 0, id: .zero))
    }

    @Test("only what the stream has given out can be acknowledged")
    func acknowledged() {
        let rows: [(Cursor, UInt64?)] = [
            (.oldest, nil), (.after(self.id(90)), 90), (.after(self.id(91)), nil), (.after(.zero), 0),
            (.inEpoch(7, after: self.id(55)), 55), (.inEpoch(6, after: self.id(55)), nil),
            (.inEpoch(7, after: .max), nil), (Cursor(clientText: "msg_abc"), nil),
        ]
        for (cursor, ms) in rows {
            let position = ReaderPosition(acknowledged: cursor, in: self.bounds)
            #expect(position == ms.map { ReaderPosition(epoch: 7, id: self.id($0)) }, "\(cursor)")
        }
    }

    @Test("a place is written as a cursor that clients may send back")
    func text() {
        for position in [ReaderPosition(epoch: 7, id: self.id(3)), ReaderPosition(epoch: 0, id: .zero)] {
            #expect(Cursor(clientText: position.description) == position.cursor)
        }
    }

    @Test(
        "names of readers",
        arguments: [
            ("a", true), ("", false), ("_", false), ("-", false), ("a-b_C9", true), ("a b", false), ("é", false),
            ("a/b", false),
            ("a.b", false), (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
        ]
    )
    func names(text: String, isLegal: Bool) {
        #expect((ReaderName(text) != nil) == isLegal)
    }
}

@Suite("How far named readers are behind")
struct ReaderLagTests {
    private let bounds = StreamBounds(
        epoch: StreamEpoch(id: 7, start: .zero),
        last: MessageID(milliseconds: 1_000, sequence: 0),
        trimmedThrough: MessageID(milliseconds: 99, sequence: 0),
        count: 100
    )

    /// - Parameter hot: how many of the newest messages, one each 9 ms, are in memory.
    private func lag(at ms: UInt64, hot: Int, oldest: UInt64? = nil, epoch: UInt64 = 7) -> ReaderLag {
        let floor = 1_000 - UInt64(hot) * 9
        return ReaderLag(
            of: ReaderPosition(epoch: epoch, id: MessageID(milliseconds: ms, sequence: 0)),
            in: ReaderLag.Stream(
                bounds: self.bounds,
                hotFloor: MessageID(milliseconds: floor, sequence: 0),
                hotAfter: ms >= floor ? Int((1_000 - min(1_000, ms)) / 9) : hot,
                hotCount: hot
            ),
            oldest: oldest.map { MessageID(milliseconds: $0, sequence: 0) }
        )
    }

    @Test("at the end, in memory, and before all that is kept the number is exact")
    func exact() {
        for (ms, hot, messages) in [
            (1_000, 0, 0), (2_000, 0, 0), (99, 0, 100), (5, 10, 100), (982, 10, 2), (910, 10, 10),
        ] {
            let lag = self.lag(at: UInt64(ms), hot: hot)
            #expect(lag.messages == messages && lag.isExact, "\(ms)")
        }
        let old = self.lag(at: 150, hot: 10, oldest: 160)
        #expect(old.messages == 100 && old.isExact)
    }

    @Test("between the two it is estimated, and never beyond what is kept")
    func estimated() {
        let middle = self.lag(at: 505, hot: 10, oldest: 100)
        #expect(!middle.isExact && (50...60).contains(middle.messages))
        let cold = self.lag(at: 999, hot: 0, oldest: 100)
        #expect(!cold.isExact && cold.messages == 1)
        let first = self.lag(at: 100, hot: 0, oldest: 100)
        #expect(!first.isExact && first.messages == 100)
    }

    @Test("a reader of a lost history counts from where the one in force begins")
    func otherEpoch() {
        #expect(self.lag(at: 1_500, hot: 10, epoch: 6).messages == 100)
    }
}
