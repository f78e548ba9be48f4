import RelayWire
import SeededRandom
import Testing

@Suite("Hexadecimal digits")
struct HexadecimalTests {
    @Test("Bytes are two digits each, numbers sixteen, in lower case")
    func written() {
        #expect(String(hexadecimal: [0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(String(hexadecimal: []) == "")
        #expect(String(hexadecimal: 0 as UInt64) == "0000000000000000")
        #expect(String(hexadecimal: UInt64.max - 1) == "fffffffffffffffe")
        #expect(String(hexadecimal: 0xABC as UInt64) == "0000000000000abc")
    }

    @Test("What is written is read, in capitals too where they count")
    func read() {
        var random = SeededGenerator(seed: 3)
        for length in 0..<40 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = String(hexadecimal: bytes)
            #expect(Hexadecimal.bytes(text.utf8) == bytes)
            #expect(Hexadecimal.bytes(text.utf8, capitals: false) == bytes)
            #expect(Hexadecimal.bytes(text.uppercased().utf8) == bytes)
        }
        #expect(Hexadecimal.bytes("AB".utf8, capitals: false) == nil)
    }

    @Test("What is no digit is none", arguments: ["a", "abc", "0g", " 0", "/0", ":0", "@0", "`0", "0x", "é"])
    func refused(text: String) {
        #expect(Hexadecimal.bytes(text.utf8) == nil)
    }
}
