import RelayCore
import RelayWire
import Testing

@Suite("Cursors that clients send")
struct CursorTests {
    @Test(
        "text that is no id starts at the oldest message, never fails",
        arguments: [
            ("bogus", Cursor.oldest), ("msg_abc", .oldest), ("", .oldest), ("5-1", .after("5-1")), ("5", .after("5-0")),
        ]
    )
    func reads(text: String, cursor: Cursor) {
        #expect(Cursor(clientText: text) == cursor)
    }

    @Test("the oldest cursor is before every id")
    func oldest() {
        #expect(Cursor.oldest.id == .zero)
    }
}

extension Cursor {
    fileprivate static func after(_ text: String) -> Cursor {
        .after(MessageID(text) ?? .max)
    }
}
