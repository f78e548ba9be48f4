import RelayWire
import Testing

@Suite("Texts that are cut")
struct StringCutTests {
    @Test(
        "a text ends where a scalar ends, with no more bytes than it may have",
        arguments: [
            ("abc", 3, "abc"), ("abc", 2, "ab"), ("a\u{E9}", 2, "a"), ("a\u{E9}", 3, "a\u{E9}"), ("\u{1F600}", 3, ""),
            // One character of many scalars.
            ("e\u{301}\u{301}\u{301}", 4, "e\u{301}"), ("", 0, ""), ("a", 0, ""),
        ]
    )
    func cut(text: String, bytes: Int, expected: String) {
        #expect(text.cut(to: bytes).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }
}
