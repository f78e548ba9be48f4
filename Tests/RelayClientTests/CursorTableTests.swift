import RelayClient
import Testing

@Suite("Cursors")
struct CursorTableTests {
    @Test(
        "A message is new where its id comes after the cursor, by number",
        arguments: [
            (nil, "1-0", true), ("1-0", "1-0", false), ("1-9", "1-10", true), ("1-10", "1-9", false),
            ("9-0", "10-0", true), ("5", "5-0", false), ("5", "5-1", true), ("msg_b", "msg_a", true),
            ("msg_a", "msg_a", false), ("msg_a", "1-0", true),
        ]
    )
    func advance(cursor: String?, id: String, isNew: Bool) {
        var table = CursorTable(cursor.map { ["t": $0] } ?? [:])
        #expect(table.advance("t", to: id) == isNew)
        #expect(table["t"] == (isNew ? id : cursor))
    }

    @Test("The relay's starting points fill in for cursors that are not known")
    func adopt() {
        var table = CursorTable(["known": "5-0"])
        table.adopt(["known": "9-0", "new": "7-0"])
        #expect(table.cursors == ["known": "5-0", "new": "7-0"])
    }
}
