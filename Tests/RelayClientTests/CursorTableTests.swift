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

    @Test("an epoch stays with its cursor, and only a gap changes it")
    func epochs() {
        var table = CursorTable(["a": "ab@5-0", "b": "5-0"])
        table.adopt(["a": "cd@9-0", "b": "cd@9-0", "c": "cd@9-0"])
        #expect(table.cursors == ["a": "ab@5-0", "b": "cd@5-0", "c": "cd@9-0"])
        let step1 = table.advance("a", to: "5-0")
        #expect(!step1)
        let step2 = table.advance("a", to: "6-0")
        #expect(step2)
        #expect(table["a"] == "ab@6-0")
        table.adopt(epochs: ["a": "ef", "d": "ef"])
        #expect(table.cursors == ["a": "ab@6-0", "b": "cd@5-0", "c": "cd@9-0"])
    }

    @Test("after a gap into another epoch the next message is new, whatever its id; until then the cursor stays")
    func gap() {
        var table = CursorTable(["a": "ab@5-0", "b": "ab@5-0"])
        table.take(MessageGap(topic: "a", after: "5-0", resumedFrom: "3-0", epoch: "cd"))
        table.take(MessageGap(topic: "b", after: "5-0", resumedFrom: "7-0", epoch: "ab"))
        #expect(table["a"] == "ab@5-0")
        let step3 = table.advance("a", to: "3-0")
        #expect(step3)
        #expect(table["a"] == "cd@3-0")
        let step4 = table.advance("a", to: "2-0")
        #expect(!step4)
        let step5 = table.advance("b", to: "4-0")
        #expect(!step5)
        #expect(table["b"] == "ab@5-0")
    }
}
