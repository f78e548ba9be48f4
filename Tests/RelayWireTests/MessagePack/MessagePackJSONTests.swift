import Foundation
import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("MessagePack and JSON")
struct MessagePackJSONTests {
    /// Values with the one JSON that is written for them, and the bytes that this JSON becomes.
    static let both: [(json: String, bytes: String)] = [
        ("null", "c0"), ("true", "c3"), ("false", "c2"), ("0", "00"), ("127", "7f"), ("128", "cc80"), ("-1", "ff"),
        ("-33", "d0df"),
        ("18446744073709551615", "cfffffffffffffffff"), ("9223372036854775808", "cf8000000000000000"),
        ("-9223372036854775808", "d38000000000000000"), ("0.5", "cb3fe0000000000000"), ("-0.0", "cb8000000000000000"),
        ("1.0", "cb3ff0000000000000"), ("1.7976931348623157e+308", "cb7fefffffffffffff"),
        ("5e-324", "cb0000000000000001"),
        (#""""#, "a0"), (#""a""#, "a161"), (#""é😀""#, "a6c3a9f09f9880"), (#""\"\\\n\u0001""#, "a4225c0a01"),
        ("[]", "90"), ("[1,[],{}]", "93019080"), ("{}", "80"), (#"{"a":1}"#, "81a16101"), (#"{"":[null]}"#, "81a091c0"),
        (#"{"a":{"b":[true,"x"]},"c":-1.5}"#, "82a16181a16292c3a178a163cbbff8000000000000"),
    ]

    @Test("goes both ways", arguments: both)
    func bothWays(json: String, bytes: String) throws {
        let text = try MessagePackJSON.json(from: hex(bytes))
        #expect(text.text == json)
        let back = try packed(json)
        #expect(back == hex(bytes))
    }

    @Test(
        "other forms become the same JSON",
        arguments: [
            ("d9 01 61", #""a""#), ("ca 3fc00000", "1.5"), ("d3 0000000000000001", "1"), ("dc 0001 c0", "[null]"),
            ("df 00000001 a161 c0", #"{"a":null}"#),
        ]
    )
    func otherForms(bytes: String, json: String) throws {
        let text = try MessagePackJSON.json(from: hex(bytes))
        #expect(text.text == json)
    }

    @Test(
        "other JSON becomes the same MessagePack",
        arguments: [
            (" [ 1 , 2 ] ", "92 01 02"), (#""\u0061\/\ud83d\ude00""#, "a6 61 2f f09f9880"),
            ("1e2", "cb 4059000000000000"),
            ("-0", "cb 8000000000000000"), ("18446744073709551616", "cb 43f0000000000000"),
            ("-9223372036854775809", "cb c3e0000000000000"), ("1e-400", "cb 0000000000000000"),
            (#"{"\u0061":1,"a":2}"#, "82 a161 01 a161 02"),
        ]
    )
    func otherJSON(json: String, bytes: String) throws {
        let back = try packed(json)
        #expect(back == hex(bytes))
    }

    @Test(
        "what JSON has not is refused",
        arguments: [
            "", "c1", "c400", "c40161", "91c400", "81a161c400", "d40561", "91c70005", "810101", "81c40161c0", "81c0c0",
            "81c201",
            "ca7fc00000", "ca7f800000", "cb7ff8000000000000", "cb7ff0000000000000", "cbfff0000000000000", "a1ff",
            "a2c328",
            "a3eda080", "81a1ffc0", "9101c0", "01 01", "91", "81a161",
        ]
    )
    func refused(bytes: String) {
        #expect(throws: MessagePackError.self) { try MessagePackJSON.json(from: hex(bytes)) }
    }

    @Test("what is no JSON becomes nothing", arguments: JSONSamples.invalid + JSONSamples.numbersBeyond)
    func noJSON(text: String) {
        #expect(throws: MessagePackError.self) { _ = try MessagePackJSONValue(inset(text.utf8)) }
    }

    /// Foundation keeps more digits of a number than a double has.
    private static let comparable = JSONSamples.valid.filter { !$0.contains("12345678901234567890") }

    @Test("all JSON that the scanner takes becomes MessagePack that means the same", arguments: comparable)
    func validJSON(text: String) throws {
        let back = try MessagePackJSON.json(from: try packed(text))
        let options: JSONSerialization.ReadingOptions = [.fragmentsAllowed]
        let sent = try JSONSerialization.jsonObject(with: Data(text.utf8), options: options) as? NSObject
        let received =
            try JSONSerialization.jsonObject(with: Data(back.readableBytesView), options: options) as? NSObject
        #expect(sent == received, "\(back.text)")
    }

    @Test("nesting is bounded as the scanner's")
    func nesting() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"[{"a":"#, count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)
        }
        let deepest = try packed(nested(JSONScanner.maximumDepth))
        #expect(deepest.readableBytes == 2 * JSONScanner.maximumDepth + 1)
        #expect(throws: MessagePackError.self) { try packed(nested(JSONScanner.maximumDepth + 2)) }
        let back = try MessagePackJSON.json(from: try packed(nested(MessagePackReader.maximumDepth)))
        #expect(back.text == nested(MessagePackReader.maximumDepth))
    }

    @Test("any value goes there and back", arguments: 0..<8 as Range<UInt64>)
    func thereAndBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var bytes = ByteBuffer()
            bytes.writeRandomValue(depth: 0, &random)
            let json = try MessagePackJSON.json(from: bytes)
            #expect(isJSON(json), "\(json.text)")
            let back = try packed(json.text)
            #expect(back == bytes, "\(json.text)")
        }
    }

    @Test("whatever comes becomes JSON or is refused", arguments: 0..<8 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 100)
        var accepted = 0
        for _ in 0..<2_000 {
            var value = ByteBuffer()
            value.writeRandomValue(depth: 0, &random)
            let bytes = mutated(Array(value.readableBytesView), &random)
            var skipping = MessagePackReader(inset(bytes))
            let isWhole = (try? skipping.skip()) != nil
            guard let json = try? MessagePackJSON.json(from: inset(bytes)) else { continue }
            accepted += 1
            #expect(isWhole && skipping.remainingBytes == 0, "\(bytes)")
            #expect(isJSON(json), "\(bytes)")
            // The same value in its shortest form is the same JSON again.
            let again = try? MessagePackJSON.json(from: try packed(json.text))
            #expect(again == json, "\(bytes)")
        }
        #expect(accepted > 100)
    }

    private func packed(_ json: String) throws(MessagePackError) -> ByteBuffer {
        var buffer = ByteBuffer()
        try MessagePackJSONValue(inset(json.utf8)).put(into: &buffer)
        return buffer
    }
}
