import NIOCore
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
