import Foundation
import NIOCore
import RelayWire
import Testing

@Suite("JSON string")
struct JSONStringTests {
    @Test("is read back by Foundation as it was, for every scalar up to U+00FF and some beyond")
    func roundTrip() throws {
        let beyond = "\u{2028}\u{D7FF}\u{E000}\u{FFFF}😀"
        for text in (0...255).map({ String(Unicode.Scalar(UInt8($0))) }) + ["", beyond, "plain", "ab\"cd\\ef\ngh"] {
            for padded in [text, "0123456\(text)89", "01234567\(text)"] {
                var buffer = ByteBuffer()
                buffer.writeJSONString(padded)
                #expect(try JSONDecoder().decode(String.self, from: Data(buffer.readableBytesView)) == padded)
                #expect(isJSON(buffer))
            }
        }
    }

    @Test(
        "escapes what must be and nothing else",
        arguments: [
            ("a\"b", #""a\"b""#), ("\\", #""\\""#), ("/", #""/""#), ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
            ("\u{0}\u{1F}\u{B}\u{10}", #""\u0000\u001f\u000b\u0010""#), ("é\u{7F}", "\"é\u{7F}\""), ("", #""""#),
        ]
    )
    func exact(text: String, json: String) {
        var buffer = ByteBuffer(string: "<")
        buffer.writeJSONString(text)
        #expect(buffer.text == "<" + json)
    }

    @Test("takes a string that Foundation bridged")
    func bridged() {
        let text = NSString(string: "a\"é").replacingOccurrences(of: "x", with: "y")
        var buffer = ByteBuffer()
        buffer.writeJSONString(text)
        #expect(buffer.text == #""a\"é""#)
    }
}
