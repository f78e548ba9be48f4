import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
    @Test("takes what RFC 8259 takes, and reports the value's bytes", arguments: JSONSamples.valid)
    func valid(text: String) throws {
        var scanner = JSONScanner(inset(text.utf8))
        let value = try scanner.value()
        try scanner.finish()
        #expect(scanner.copy(value.range).text == text.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(isJSON(inset("[\(text)]".utf8)))
        #expect(isJSON(inset(#"{"k":\#(text)}"#.utf8)))
    }

    @Test("refuses everything else, also inside containers", arguments: JSONSamples.invalid)
    func invalid(text: String) {
        #expect(!isJSON(inset(text.utf8)))
        #expect(!isJSON(inset(#"{"k":\#(text)}"#.utf8)))
    }

    @Test("refuses ill-formed UTF-8", arguments: JSONSamples.invalidUTF8)
    func illFormedText(bytes: [UInt8]) {
        for padding in 0...9 {
            let text = Array("\"".utf8) + Array(repeating: UInt8(ascii: "a"), count: padding) + bytes + Array("\"".utf8)
            #expect(!isJSON(inset(text)))
            #expect(!isJSON(inset(Array(#"{"#.utf8) + text + Array(":1}".utf8))))
        }
    }

    @Test("finds a quote, a backslash and a control character at every place of a word", arguments: 0..<24)
    func wordBoundaries(place: Int) throws {
        let before = String(repeating: "~", count: place)
        let after = String(repeating: "!", count: 24 - place)
        var scanner = JSONScanner(inset("\"\(before)\\n\(after)\" 1".utf8))
        #expect(scanner.text(of: try scanner.value()) == before + "\n" + after)
        #expect(!isJSON(inset("\"\(before)\u{1}\(after)\"".utf8)))
        scanner = JSONScanner(inset("\"\(before)\",\"\(after)\"".utf8))
        #expect(scanner.text(of: try scanner.value()) == before)
        scanner = JSONScanner(inset("\"\(before)é\(after)\"".utf8))
        #expect(scanner.text(of: try scanner.value()) == before + "é" + after)
    }

    @Test("refuses every beginning of a text")
    func truncated() {
        let text = Array(#"{"a":[1.5e-3,"b\u00e9\n",{"c":{"d":null}},true,-0],"é":"😀"}"#.utf8)
        for length in 0..<text.count {
            #expect(!isJSON(inset(text[..<length])), "\(length) bytes")
        }
        #expect(isJSON(inset(text)))
    }

    @Test("goes down to the deepest level allowed and no further", arguments: ["[]", "{}", "[{"])
    func depth(kind: String) {
        func nested(_ levels: Int) -> ByteBuffer {
            let openings = (0..<levels).map { level in
                kind == "[]" || (kind == "[{" && level % 2 == 0) ? "[" : #"{"a":"#
            }
            let closings = openings.reversed().map { $0 == "[" ? "]" : "}" }
            return ByteBuffer(string: openings.joined() + "1" + closings.joined())
        }
        #expect(isJSON(nested(JSONScanner.maximumDepth)))
        #expect(!isJSON(nested(JSONScanner.maximumDepth + 1)))
        #expect(!isJSON(nested(100_000)))
    }

    @Test(
        "counts the levels that were entered",
        arguments: [JSONScanner.maximumDepth - 2, JSONScanner.maximumDepth - 1]
    )
    func depthInside(levels: Int) throws {
        let inner = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        var scanner = JSONScanner(ByteBuffer(string: #"{"a":[\#(inner)]}"#))
        try scanner.enterObject()
        _ = try scanner.nextMember()
        try scanner.enterArray()
        #expect(try scanner.nextElement())
        if levels == JSONScanner.maximumDepth - 2 {
            _ = try scanner.value()
            #expect(try !scanner.nextElement())
            #expect(try scanner.nextMember() == nil)
            try scanner.finish()
        } else {
            #expect(throws: JSONError.self) { try scanner.value() }
        }
    }

    @Test("walks members and elements in order")
    func walk() throws {
        var scanner = JSONScanner(inset(#" { "a" : [ 1 , [2] , "x" ] , "\u0062" : {} , "c":null } "#.utf8))
        var seen: [String] = []
        #expect(try scanner.peek() == .object)
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            seen.append(scanner.text(of: name) ?? "?")
            #expect(scanner.text(of: name, is: "b") == (seen.last == "b"))
            guard try scanner.peek() == .array else {
                seen.append(scanner.copy(try scanner.value().range).text)
                continue
            }
            try scanner.enterArray()
            while try scanner.nextElement() { seen.append(scanner.copy(try scanner.value().range).text) }
        }
        try scanner.finish()
        #expect(seen == ["a", "1", "[2]", "\"x\"", "b", "{}", "c", "null"])
    }

    @Test(
        "refuses misplaced commas and ends while walking",
        arguments: [
            "{,}", #"{"a":1,}"#, #"{"a":1"b":2}"#, #"{"a":1]"#, "[,1]", "[1,]", "[1 2]", "[1}", "[", "{", "[1,",
            #"{"a":1,"#,
        ]
    )
    func walkErrors(text: String) {
        #expect(throws: JSONError.self) {
            var scanner = JSONScanner(inset(text.utf8))
            if try scanner.peek() == .object {
                try scanner.enterObject()
                while try scanner.nextMember() != nil { _ = try scanner.value() }
            } else {
                try scanner.enterArray()
                while try scanner.nextElement() { _ = try scanner.value() }
            }
        }
    }

    @Test("resolves escapes as Foundation does", arguments: JSONSamples.valid.filter { $0.hasPrefix("\"") })
    func escapes(text: String) throws {
        var scanner = JSONScanner(inset(text.utf8))
        let value = try scanner.value()
        #expect(scanner.text(of: value) == (try JSONDecoder().decode(String.self, from: Data(text.utf8))))
    }

    @Test(
        "refuses half surrogates, which some parsers can't read and others can't write",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#, #""\ud800\ud800""#,
            #""\udc00\ud800""#, #""a\uDFFF""#, #""\ud83d\ude0""#, #""\ud83d\""#, #""\ud83d\ud83d\ude00""#,
        ]
    )
    func halfSurrogates(text: String) {
        #expect(!isJSON(inset(text.utf8)))
        #expect(!isJSON(inset("{\(text):1}".utf8)))
    }

    @Test("takes numbers that a double holds", arguments: JSONSamples.numbersInRange)
    func numbersInRange(text: String) {
        #expect(isJSON(inset(text.utf8)))
        #expect(isJSON(inset("[\(text)]".utf8)))
    }

    @Test("refuses numbers that no double holds, and endless ones", arguments: JSONSamples.numbersBeyond)
    func numbersBeyond(text: String) {
        #expect(!isJSON(inset(text.utf8)))
        #expect(!isJSON(inset(#"{"k":\#(text)}"#.utf8)))
    }

    @Test("tells where it stopped")
    func errorPlaces() {
        func offset(_ text: String) -> Int? {
            var scanner = JSONScanner(inset(text.utf8))
            do {
                _ = try scanner.value()
                try scanner.finish()
                return nil
            } catch {
                return error.offset
            }
        }
        #expect(offset(#"{"a":x}"#) == 5)
        #expect(offset(#"{"a":1,}"#) == 7)
        #expect(offset("[1,2") == 4)
        #expect(offset("\"é\u{1}\"") == 3)
        #expect(offset("1 1") == 2)
        #expect(offset("") == 0)
    }

    @Test("copies have memory of their own, and no more than they need")
    func copies() throws {
        let text = "[\"\(String(repeating: "x", count: 62))\",\(String(repeating: " ", count: 5000))1]"
        var scanner = JSONScanner(inset(text.utf8))
        try scanner.enterArray()
        #expect(try scanner.nextElement())
        let copy = scanner.copy(try scanner.value().range)
        #expect(copy.readableBytes == 64)
        #expect(copy.storageCapacity == 64)
    }
}

/// Whether the scanner takes the whole text, read once by skipping.
func isJSON(_ buffer: ByteBuffer) -> Bool {
    var scanner = JSONScanner(buffer)
    do {
        _ = try scanner.value()
        try scanner.finish()
        return true
    } catch {
        return false
    }
}
