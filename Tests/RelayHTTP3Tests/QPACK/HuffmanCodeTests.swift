import NIOCore
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("The Huffman code of heads")
struct HuffmanCodeTests {
    @Test(
        "texts of RFC 7541, appendix C",
        arguments: [
            ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"), ("a8eb10649cbf", "no-cache"),
            ("25a849e95ba97d7f", "custom-key"), ("25a849e95bb8e8b4bf", "custom-value"), ("6402", "302"),
            ("aec3771a4b", "private"),
            ("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"), ("", ""),
        ]
    )
    func texts(_ code: String, _ text: String) throws {
        let bytes = try #require(HuffmanCode.decode(ByteBuffer(hex: code), upTo: 100))
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    /// All bytes from 0 to 255, by another implementation.
    private static let all = [
        "ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3fffffa7fffffabffffffdfffffeb",
        "fffffecfffffedfffffeefffffefffffff0ffffff1ffffff2fffffffbfffffcffffffd3fffffd7fffffdbfffffdffffffe3f",
        "ffffe7fffffebfffffed4fe3f9ffaffcabf1febfafefe7fdfd2cbb00089969b71d79fb9f7fff20ffbff3ff50ddbd7f061c58",
        "f265cd9f469d5af66dddbf871e5f9cff7ff7fffc3ff9ffe45fff4719242cb34e6e9d68a6a3d7dac426defe3cfaf7fffbfe7f",
        "fbffdffffffcfffe6ffff4bfff9ffffa3fffd3ffff53fffd5ffffb3fffeb7fffdaffffb7ffff73fffeeffffdeffffebffffb",
        "fffffd9ffffdbfffebffffe0ffffeeffffc3ffff8bffff1ffffe4fffee7fffb1ffff97fffd9ffffcdffff9fffffbffffdaff",
        "feeffff4ffffb7fffee7fffe8ffffd3fffdeffffd5fffeeffffbdffffe1fffdfffff7fffff5ffffecffff07fff87fffe0fff",
        "f17fffedffff87ffff77fffeffffeaffff8bfffe3ffff93ffff87fffcbffff37ffff1fffff83ffffe1fffebfffe3ffff3fff",
        "ff2ffffa3ffffd9fffff17ffffc7fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8fffffe6fffffc1fffff87fff",
        "fe7fffffc5ffffe5fffe4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdffff4ffff9ff",
        "ffd1ffffcffffeaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfffffb7fffff3fffffe8fff",
        "ffd3fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffbbf",
    ].joined()

    @Test("every byte has its code, and no part of one is a text")
    func bytes() throws {
        let bytes = try ByteBuffer(hex: Self.all)
        #expect(HuffmanCode.decode(bytes, upTo: 256) == Array(0...255))
        #expect(HuffmanCode.decode(bytes, upTo: 255) == nil)
        for count in 0..<bytes.readableBytes {
            // A cut is within a code of a byte beyond 127 nearly always; what is left of it is padding where it looks like that.
            guard let part = bytes.getSlice(at: 0, length: count),
                let text = HuffmanCode.decode(part, upTo: 256)
            else { continue }
            #expect(text.elementsEqual(0..<UInt8(text.count)))
        }
    }

    @Test("whatever comes is a text or none, and no longer than it may be", arguments: 0..<4 as Range<UInt64>)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let bytes = ByteBuffer.random(Int.random(in: 0...40, using: &random), using: &random)
            guard let text = HuffmanCode.decode(bytes, upTo: 30) else { continue }
            #expect(text.count <= 30 && text.count <= bytes.readableBytes * 8 / 5)
        }
    }

    @Test("padding of a whole byte, padding with zeros, the end and what is too long are none")
    func none() throws {
        // A byte of padding more; a bit of padding that is not set; 30 bits set: the end.
        for code in ["6402ff", "a8eb10649cbe", "fffffffc", "ffffffff"] {
            #expect(HuffmanCode.decode(try ByteBuffer(hex: code), upTo: 100) == nil, "\(code)")
        }
        #expect(HuffmanCode.decode(try ByteBuffer(hex: "a8eb10649cbf"), upTo: 7) == nil)
        #expect(HuffmanCode.decode(try ByteBuffer(hex: "a8eb10649cbf"), upTo: 8)?.count == 8)
    }
}
