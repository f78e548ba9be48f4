import NIOCore
import SeededRandom
import Testing

@testable import RelayHTTP3

@Suite("Field sections without a dynamic table")
struct QPACKTests {
    static let fields = [
        HTTP3Field(":method", "GET"), HTTP3Field(":scheme", "https"), HTTP3Field(":authority", "www.example.com"),
        HTTP3Field(":path", "/wt?token=abc.DEF-1"), HTTP3Field("x-thing", "a value, with \"signs\" & \u{E9}"),
    ]

    @Test("a section of another implementation, with the Huffman code")
    func foreign() throws {
        let section = try ByteBuffer(
            hex:
                "0000d1d7508cf1e3c2e5f23a6ba0ab90f4ff518f63c27fc49fa96a8071917bf830ac1f2ef2b26735537f981a9dc745a5fa53c1933a9fca0d3548fe54f853fff8ffffbb"
        )
        #expect(try QPACKDecoder.decode(section, upTo: 1_000) == .fields(Self.fields))
    }

    @Test("what is written is read")
    func roundTrip() throws {
        var fields = Self.fields + QPACKStaticTable.fields
        fields.append(
            HTTP3Field("a-name-that-is-long-enough-to-need-another-byte", String(repeating: "v", count: 5_000))
        )
        #expect(try QPACKDecoder.decode(QPACKEncoder.encode(fields), upTo: 20_000) == .fields(fields))
    }

    @Test("a section that is too large is told from one that is none")
    func tooLarge() throws {
        let section = QPACKEncoder.encode([HTTP3Field("name", String(repeating: "v", count: 100))])
        #expect(
            try QPACKDecoder.decode(section, upTo: 136)
                == .fields([HTTP3Field("name", String(repeating: "v", count: 100))])
        )
        #expect(try QPACKDecoder.decode(section, upTo: 135) == .tooLarge)
        // A text of five bits a letter, the code's shortest: 400 times "0".
        let long = ByteBuffer(bytes: [0, 0, 0x51, 0xFF, 0x7B] + [UInt8](repeating: 0, count: 250))
        #expect(
            try QPACKDecoder.decode(long, upTo: 500)
                == .fields([HTTP3Field(":path", String(repeating: "0", count: 400))])
        )
        #expect(try QPACKDecoder.decode(long, upTo: 100) == .tooLarge)
    }

    @Test(
        "what speaks of the dynamic table, names no entry or is cut short can't be read",
        arguments: [
            "", "00", "0200d1", "000080", "0000ff24", "000010", "000001", "000040", "00005f", "0000510a61", "000027",
            "0000ffffffffffffffffff7f",
        ]
    )
    func unreadable(_ hex: String) throws {
        let section = try ByteBuffer(hex: hex)
        #expect(throws: HTTP3Violation.self) { try QPACKDecoder.decode(section, upTo: 1_000) }
    }

    @Test("whatever comes is read or refused", arguments: 0..<20)
    func noise(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var bytes = [UInt8](repeating: 0, count: 2)
            bytes += (0..<Int.random(in: 0..<60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            guard case .fields(let fields)? = try? QPACKDecoder.decode(ByteBuffer(bytes: bytes), upTo: 400) else {
                continue
            }
            #expect(fields.reduce(0) { $0 + $1.size } <= 400)
        }
    }

    @Test("sections of another implementation that somebody has changed", arguments: 0..<20 as Range<UInt64>)
    func changed(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let section = QPACKEncoder.encode(Self.fields + QPACKStaticTable.fields)
        for _ in 0..<200 {
            var bytes = section
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.readableBytes, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
            }
            let cut = bytes.getSlice(at: 0, length: Int.random(in: 0...bytes.readableBytes, using: &random)) ?? bytes
            guard case .fields(let fields)? = try? QPACKDecoder.decode(cut, upTo: 3_000) else { continue }
            #expect(fields.reduce(0) { $0 + $1.size } <= 3_000)
        }
    }

    @Test("a section that becomes many times its size is too large before it is there")
    func bombs() throws {
        // The largest entry of the table, by two bytes each time.
        let largest = QPACKStaticTable.fields.indices.max { left, right in
            QPACKStaticTable.fields[left].size < QPACKStaticTable.fields[right].size
        }
        var section = ByteBuffer(bytes: [0, 0])
        for _ in 0..<60_000 { section.writePrefixedInteger(try #require(largest), 6, flags: 0xC0) }
        #expect(section.readableBytes <= 128 << 10)
        #expect(try QPACKDecoder.decode(section, upTo: 128 << 10) == .tooLarge)
        // Fields of nothing, which cost what a field costs.
        let empty = ByteBuffer(bytes: [0, 0] + (0..<60_000).flatMap { _ in [0x20, 0x00] as [UInt8] })
        #expect(try QPACKDecoder.decode(empty, upTo: 128 << 10) == .tooLarge)
        // A text that claims more than there is, and all that there can be.
        for size in ["ff80ffffff07", "ffffffffff0f"] {
            let claim = try ByteBuffer(hex: "000051" + size)
            #expect(throws: HTTP3Violation.self) { try QPACKDecoder.decode(claim, upTo: 128 << 10) }
        }
    }

    @Test(
        "instructions on QPACK's own streams are judged the same however they are cut",
        arguments: 0..<10 as Range<UInt64>
    )
    func cutInstructions(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...30, using: &random)
            let bytes = (0..<count).map { _ in
                random.chance(70)
                    ? UInt8.random(in: 0x40...0x7F, using: &random) : .random(in: 0...0xFF, using: &random)
            }
            var (whole, cut) = (QPACKInstructions.Decoder(), QPACKInstructions.Decoder())
            let isTaken = (try? whole.check(ByteBuffer(bytes: bytes))) != nil
            #expect(bytes.allSatisfy { (try? cut.check(ByteBuffer(bytes: [$0]))) != nil } == isTaken)
        }
    }

    @Test("QPACK's own streams may say nearly nothing")
    func instructions() throws {
        #expect(throws: Never.self) { try QPACKInstructions.checkEncoder(try ByteBuffer(hex: "2020")) }
        for hex in ["3f01", "c0", "00", "4161"] {
            #expect(throws: HTTP3Violation.self, "\(hex)") {
                try QPACKInstructions.checkEncoder(try ByteBuffer(hex: hex))
            }
        }
        for (hex, isGood) in [
            ("44", true), ("7f8001", true), ("447f00", true), ("84", false), ("01", false),
            ("7fffffffffffffffffffffff", false),
        ] {
            var decoder = QPACKInstructions.Decoder()
            let bytes = try ByteBuffer(hex: hex)
            let isTaken = (try? decoder.check(bytes)) != nil
            #expect(isTaken == isGood, "\(hex)")
        }
    }
}
