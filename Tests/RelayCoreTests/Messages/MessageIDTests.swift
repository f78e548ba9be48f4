import RelayWire
import Testing

@Suite("Message ids")
struct MessageIDTests {
    @Test(
        "what reads as an id",
        arguments: [
            ("0", MessageID.zero),
            ("0-0", .zero),
            ("123", MessageID(milliseconds: 123, sequence: 0)),
            ("123-0", MessageID(milliseconds: 123, sequence: 0)),
            ("1795251363585-10", MessageID(milliseconds: 1_795_251_363_585, sequence: 10)),
            ("007-08", MessageID(milliseconds: 7, sequence: 8)),
            ("18446744073709551615-18446744073709551615", .max),
        ]
    )
    func reads(text: String, id: MessageID) {
        #expect(MessageID(text) == id)
    }

    @Test(
        "what does not",
        arguments: [
            "", "-", "1-", "-1", "1--2", "1-2-3", "1-2-", "+1", "1-+2", " 1", "1 ", "1_000", "0x1", "1.5", "\u{0}1",
            "msg_0123456789ab", "bogus", "١٢٣", "１", "1\n", "18446744073709551616", "1-18446744073709551616",
            "99999999999999999999999",
        ]
    )
    func refuses(text: String) {
        #expect(MessageID(text) == nil)
    }

    @Test("ids compare as numbers, first the milliseconds")
    func order() {
        let ascending = ["0", "1-9", "1-10", "2-0", "9-99", "10", "1795251363585-9", "1795251363585-10"]
        let ids = ascending.compactMap { MessageID($0) }
        #expect(ids.count == ascending.count)
        #expect(ids.shuffled().sorted() == ids)
    }

    @Test("an id reads back from its text", arguments: [MessageID.zero, .max, MessageID(milliseconds: 5, sequence: 6)])
    func roundTrip(id: MessageID) {
        #expect(MessageID(id.description) == id)
    }
}
