import Foundation
import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "the vectors of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func vectors(plain: String, text: String) {
        #expect(Base64.text(ByteBuffer(string: plain)) == text)
        #expect(Base64.bytes(text) == ByteBuffer(string: plain))
        #expect(Base64.textSize(of: plain.utf8.count) == text.utf8.count)
    }

    @Test("every length and every value is as Foundation has it, there and back")
    func lengths() {
        var random = SeededGenerator(seed: 64)
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Base64.text(inset(bytes))
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.bytes(text) == ByteBuffer(bytes: bytes))
        }
        let all = (0...255).flatMap { [UInt8($0), UInt8(255 - $0), UInt8($0 ^ 0x55)] }
        #expect(Base64.text(ByteBuffer(bytes: all)) == Data(all).base64EncodedString())
    }

    /// What Foundation reads, and writes again as it was.
    private static func foundation(_ text: [UInt8]) -> ByteBuffer? {
        guard let data = Data(base64Encoded: Data(text)), Array(data.base64EncodedData()) == text else { return nil }
        return ByteBuffer(bytes: data)
    }

    @Test("any other byte in any place, a cut at any length and a bit too many are refused")
    func damage() {
        for count in [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 18] {
            let text = Array(Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }).base64EncodedData())
            for place in text.indices {
                let cut = Array(text[..<place])
                #expect(Base64.bytes(ByteBuffer(bytes: cut)) == Self.foundation(cut))
                for value in UInt8.min...UInt8.max {
                    var damaged = text
                    damaged[place] = value
                    #expect(
                        Base64.bytes(inset(damaged)) == Self.foundation(damaged),
                        "\(value) at \(place) of \(count)"
                    )
                }
            }
        }
        for text in ["=", "==", "===", "====", "A", "AA", "AAA", "A===", "AA=A", "Zg==Zg==", "Zg\n==", " Zg=", "Zh=="] {
            #expect(Base64.bytes(text) == nil, "\(text)")
        }
    }
}
