import RelayClient
import SeededRandom
import Testing

@Suite("JSON")
struct JSONValueTests {
    @Test(
        "Text that is written tightly comes back as it was",
        arguments: [
            "null", "true", "false", "0", "-0", "1.0", "1e400", "-12.50E+3", "123456789012345678901234567890",
            #""""#, #""é€😀""#, #""\"\\\n\r\t\u0001/""#, "[]", "{}", "[1,[2,[3]],{}]",
            #"{"z":1,"a":{"é":null},"m":[true]}"#,
        ]
    )
    func roundTrip(text: String) throws {
        #expect(try JSONDocument(parsing: text).text == text)
    }

    @Test(
        "Blanks and escapes are read",
        arguments: [
            (" { \"a\" :\t[ 1 , 2 ]\r\n} ", #"{"a":[1,2]}"#),
            (#""\u0041\u00e9\ud83d\ude00\/\b\f""#, "\"Aé😀/\\b\\f\""),
            (#""\ud83d""#, "\"\u{FFFD}\""),
            (#""\ud83dx""#, "\"\u{FFFD}x\""),
            (#""\ud83d\u0041""#, "\"\u{FFFD}A\""),
            (#""\ude00""#, "\"\u{FFFD}\""),
        ]
    )
    func reading(text: String, expected: String) throws {
        #expect(try JSONDocument(parsing: text).text == expected)
    }

    @Test(
        "What isn't JSON is refused",
        arguments: [
            "", " ", "nul", "tru", "+1", "01", "1.", ".5", "1e", "-", "0x1", "NaN", "'a'", "\"", "\"\n\"", #""\x""#,
            #""\u12g4""#, #""\u12"#, "[1,]", "[1", "[", "{", "{}}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{1:2}", "1 2",
        ]
    )
    func refusal(text: String) {
        #expect(throws: JSONDocumentError.self) { try JSONDocument(parsing: text) }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func invalidUTF8() {
        #expect(throws: JSONDocumentError.self) { try JSONDocument(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test("512 levels of nesting are read, one more is refused")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(try JSONDocument(parsing: nested(512)).text == nested(512))
        #expect(throws: JSONDocumentError.self) { try JSONDocument(parsing: nested(513)) }
    }

    @Test("Of a repeated member the last counts")
    func repeatedMember() throws {
        #expect(try JSONDocument(parsing: #"{"a":1,"a":2}"#)["a"] == 2)
    }

    @Test("Damaged documents are read or refused, never fatal", arguments: 0..<8 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let document = Array(#"{"a":[1,-2.5e3,"é\u00e9\ud83d\ude00"],"b":{"c":null,"d":true}}"#.utf8)
        for _ in 0..<500 {
            var bytes = document
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let value = try? JSONDocument(parsing: bytes) else { continue }
            #expect(try JSONDocument(parsing: value.text) == value)
        }
    }

    @Test("Codable types go both ways")
    func codable() throws {
        struct Order: Codable, Equatable {
            let id: Int
            let path: String
        }
        let order = Order(id: 7, path: "a/b")
        let value = try JSONDocument(encoding: order)
        #expect(value.text == #"{"id":7,"path":"a/b"}"#)
        #expect(try value.decoded(as: Order.self) == order)
    }

    @Test(
        "Whole numbers are whole whatever they look like",
        arguments: [("30", 30), ("30.0", 30), ("3e1", 30), ("1.5", nil)]
    )
    func integers(text: String, expected: Int?) throws {
        guard case .number(let number) = try JSONDocument(parsing: text) else {
            Issue.record("\(text) is no number")
            return
        }
        #expect(number.integer == expected)
    }
}
