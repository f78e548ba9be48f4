import Testing

@testable import RelayDocuments

@Suite("JSON in documents")
struct JSONCheckTests {
    private static let good = [
        "null", " \t\r\n1 ", "0", "-0", "-1.50e+07", "1E-9", "1e999", #""""#, #""\"\\\/\b\f\n\r\t\u00e9""#,
        #""\ud800""#,
        "[]", "[ ]", "[1,[2],{}]", "{ }", #"{"":0,"a" : [true, false]}"#, #"{"a":1,"a":2}"#,
    ]

    private static let bad = [
        "", " ", "\0", "nul", "nulll", "True", "01", "+1", "-", "1.", ".5", "1e", "1e+", "0x1", "NaN", "'a'", #"""#,
        #""\"#,
        #""\x""#, #""\u12g4""#, #""\u12"#, "\"\n\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{,}",
        "{1:2}",
        #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1"#, #"{"a" 1}"#, "[}", "1 2",
    ]

    private func check(_ text: String) throws(DocumentError) {
        // As a part of more bytes: nothing beyond its own counts.
        let bytes = Array("1\(text)1".utf8)
        try JSONCheck.check(bytes.span, 1..<bytes.count - 1)
    }

    @Test("What JSON.parse reads is good", arguments: good)
    func isGood(text: String) throws { try self.check(text) }

    @Test("What it throws at is not", arguments: bad)
    func isBad(text: String) { #expect(throws: DocumentError.invalidJSON) { try self.check(text) } }

    @Test("Null may have white space around it")
    func null() {
        let isNull = { (text: String) in
            let bytes = Array(text.utf8)
            return JSONCheck.isNull(bytes.span, 0..<bytes.count)
        }
        for text in ["null", " null", "null\n", "\t null \r"] { #expect(isNull(text)) }
        for text in ["", " ", "nul", "nulll", "null null", "0", "[null]"] { #expect(!isNull(text)) }
    }
}
