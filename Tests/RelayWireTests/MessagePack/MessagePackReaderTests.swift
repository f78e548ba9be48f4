import NIOCore
import RelayWire
import Testing

@Suite("MessagePack")
struct MessagePackReaderTests {
    /// Every form, with the bytes that its head announces.
    static let forms: [(bytes: String, head: MessagePackHead)] = [
        ("00", .unsigned(0)), ("7f", .unsigned(127)), ("e0", .negative(-32)), ("ff", .negative(-1)), ("c0", .null),
        ("c2", .boolean(false)), ("c3", .boolean(true)), ("cc ff", .unsigned(255)), ("cd ffff", .unsigned(65_535)),
        ("ce ffffffff", .unsigned(4_294_967_295)), ("cf ffffffffffffffff", .unsigned(.max)),
        ("cf 00000000 00000001", .unsigned(1)),
        ("d0 7f", .unsigned(127)), ("d0 80", .negative(-128)), ("d1 8000", .negative(-32_768)),
        ("d2 80000000", .negative(-2_147_483_648)), ("d3 8000000000000000", .negative(.min)),
        ("d3 7fffffffffffffff", .unsigned(UInt64(Int64.max))), ("ca 3fc00000", .float(1.5)),
        ("cb 3ff8000000000000", .float(1.5)), ("a0", .string(size: 0)), ("a3 616263", .string(size: 3)),
        ("d9 01 61", .string(size: 1)), ("da 0001 61", .string(size: 1)), ("db 00000001 61", .string(size: 1)),
        ("c4 00", .binary(size: 0)), ("c5 0001 61", .binary(size: 1)), ("c6 00000001 61", .binary(size: 1)),
        ("c7 00 05", .extended(size: 1)), ("c8 0001 05 61", .extended(size: 2)),
        ("c9 00000001 05 61", .extended(size: 2)),
        ("d4 05 61", .extended(size: 2)), ("d5 05 6161", .extended(size: 3)), ("d6 05 61616161", .extended(size: 5)),
        ("d7 05 6161616161616161", .extended(size: 9)), ("d8 05 61616161616161616161616161616161", .extended(size: 17)),
        ("90", .array(count: 0)), ("92 01 02", .array(count: 2)), ("dc 0001 01", .array(count: 1)),
        ("dd 00000001 01", .array(count: 1)), ("80", .map(count: 0)), ("81 01 02", .map(count: 1)),
        ("de 0001 01 02", .map(count: 1)), ("df 00000001 01 02", .map(count: 1)),
    ]

    @Test("every form is read, and is skipped with what belongs to it", arguments: forms)
    func reading(bytes: String, head: MessagePackHead) throws {
        var reader = MessagePackReader(hex(bytes))
        let read = try reader.head()
        #expect(read == head)
        var whole = hex(bytes)
        whole.writeInteger(0xFF as UInt8)
        var skipping = MessagePackReader(whole)
        try skipping.skip()
        #expect(skipping.remainingBytes == 1)
        let next = try skipping.head()
        #expect(next == .negative(-1))
    }

    @Test("no form is read from a part of it", arguments: forms)
    func truncated(bytes: String, head: MessagePackHead) {
        let whole = hex(bytes)
        for length in 0..<whole.readableBytes {
            var reader = MessagePackReader(inset(whole.readableBytesView.prefix(length)))
            #expect(throws: MessagePackError.self, "\(bytes), \(length)") { try reader.skip() }
        }
    }

    @Test(
        "a length that lies is refused with the head",
        arguments: [
            "c1", "a1", "d9ff61", "daffff61", "dbffffffff61", "c4ff61", "c5ffff61", "c6ffffffff61", "c7ff0561", "c7ff",
            "c8ffff0561", "c9ffffffff0561", "d80561", "92c0", "dcffffc0", "ddffffffffc0", "81c0", "82c0c0c0",
            "deffffc0c0", "df80000001c0c0", "dfffffffffc0c0",
        ]
    )
    func lies(bytes: String) {
        var reader = MessagePackReader(hex(bytes))
        #expect(throws: MessagePackError.self) { try reader.head() }
    }

    @Test("nesting is bounded", arguments: ["91", "81a161", "dc0001", "df00000001a161"])
    func nesting(opening: String) throws {
        func nested(_ depth: Int) -> ByteBuffer { hex(String(repeating: opening, count: depth) + "c0") }
        var reader = MessagePackReader(nested(MessagePackReader.maximumDepth))
        try reader.skip()
        #expect(reader.remainingBytes == 0)
        for depth in [MessagePackReader.maximumDepth + 1, 1_000, 100_000] {
            var reader = MessagePackReader(nested(depth))
            #expect(throws: MessagePackError.self) { try reader.skip() }
            #expect(throws: MessagePackError.self) { try MessagePackJSON.json(from: nested(depth)) }
        }
    }

    @Test("what is there of a container is no reason to count what is not")
    func emptyPromises() {
        // Each array claims all that is there behind it.
        var bytes = ByteBuffer()
        for _ in 0..<90 { bytes.writeBytes([0xDD, 0x00, 0x01, 0x00, 0x00]) }
        bytes.writeRepeatingByte(0xC0, count: 1 << 16)
        var reader = MessagePackReader(bytes)
        #expect(throws: MessagePackError.self) { try reader.skip() }
    }

    @Test(
        "integers are written in their shortest form",
        arguments: [
            (0, "00"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65_535, "cdffff"),
            (65_536, "ce00010000"),
            (0xFFFF_FFFF, "ceffffffff"), (0x1_0000_0000, "cf0000000100000000"), (UInt64.max, "cfffffffffffffffff"),
        ]
    )
    func unsigned(number: UInt64, bytes: String) {
        var buffer = ByteBuffer()
        buffer.pack(number)
        #expect(buffer == hex(bytes))
        guard let number = Int64(exactly: number) else { return }
        buffer.clear()
        buffer.pack(number)
        #expect(buffer == hex(bytes))
    }

    @Test(
        "negative integers are written in their shortest form",
        arguments: [
            (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"), (-32_768, "d18000"),
            (-32_769, "d2ffff7fff"), (-2_147_483_648, "d280000000"), (-2_147_483_649, "d3ffffffff7fffffff"),
            (Int64.min, "d38000000000000000"),
        ]
    )
    func negative(number: Int64, bytes: String) throws {
        var buffer = ByteBuffer()
        buffer.pack(number)
        #expect(buffer == hex(bytes))
        var reader = MessagePackReader(buffer)
        let head = try reader.head()
        #expect(head == .negative(number))
    }

    @Test(
        "text, bytes and containers are written with their shortest head",
        arguments: [
            (0, "a0", "c400", "90", "80"), (15, "af", "c40f", "9f", "8f"), (16, "b0", "c410", "dc0010", "de0010"),
            (31, "bf", "c41f", "dc001f", "de001f"), (32, "d920", "c420", "dc0020", "de0020"),
            (255, "d9ff", "c4ff", "dc00ff", "de00ff"), (256, "da0100", "c50100", "dc0100", "de0100"),
            (65_535, "daffff", "c5ffff", "dcffff", "deffff"),
            (65_536, "db00010000", "c600010000", "dd00010000", "df00010000"),
        ]
    )
    func heads(count: Int, text: String, binary: String, array: String, map: String) {
        func written(_ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
            var buffer = ByteBuffer()
            write(&buffer)
            return buffer
        }
        let bytes = Array(repeating: UInt8(ascii: "x"), count: count)
        let contents = ByteBuffer(bytes: bytes)
        #expect(written { $0.pack(text: String(decoding: bytes, as: UTF8.self)) } == joined(hex(text), contents))
        #expect(written { $0.pack(binary: contents) } == joined(hex(binary), contents))
        #expect(written { $0.pack(arrayOf: count) } == hex(array))
        #expect(written { $0.pack(mapOf: count) } == hex(map))
    }

    @Test("other scalars")
    func scalars() {
        var buffer = ByteBuffer()
        buffer.packNull()
        buffer.pack(true)
        buffer.pack(false)
        buffer.pack(-1.5)
        #expect(buffer == hex("c0 c3 c2 cb bff8000000000000"))
    }

    private func joined(_ first: ByteBuffer, _ second: ByteBuffer) -> ByteBuffer {
        var whole = first
        whole.writeImmutableBuffer(second)
        return whole
    }
}
