import NIOCore
import RelayWire
import Testing

@Suite("What a datagram is")
struct DatagramKindTests {
    @Test(
        "each kind by its first bytes",
        arguments: [
            ("", DatagramKind.unknown),
            ("00010000 2112a442 b7e7a701bc34d686fa87dfae", .stun),
            // Claims more than it has: STUN all the same, and malformed.
            ("00010100 2112a442 b7e7a701bc34d686fa87dfae", .stun),
            ("00160004 2112a442 b7e7a701bc34d686fa87dfae 00130000", .stun),
            ("3fff0000 2112a442 b7e7a701bc34d686fa87dfae", .stun),
            // RFC 3489.
            ("00010000 b7e7a701 bc34d686fa87dfae01020304", .stun),
            ("00010008 b7e7a701 bc34d686fa87dfae01020304 0003000400000006", .stun),
            ("00010004 b7e7a701 bc34d686fa87dfae01020304", .reference),
            ("00020000 b7e7a701 bc34d686fa87dfae01020304", .reference),
            ("01010000 b7e7a701 bc34d686fa87dfae01020304", .reference),
            // A channel's data may have the cookie where STUN has it.
            ("40000010 2112a442 b7e7a701bc34d686fa87dfae", .channelData),
            ("4f", .channelData),
            ("50000000", .channelData), ("7fff0000", .channelData),
            ("80000010 2112a442 b7e7a701bc34d686fa87dfae", .unknown),
            ("16feff00", .unknown),
            ("05", .unknown),
            ("03", .reference),
            ("04 01", .reference),
            ("04000000 01000000", .reference),
            ("00 10 6162636465666768696a6b6c6d6e6f70 02 7331", .reference),
        ]
    )
    func kinds(text: String, kind: DatagramKind) {
        #expect(DatagramKind(hex(text)) == kind)
    }

    @Test(
        "a punch request is never taken for STUN, whatever its lengths",
        arguments: [
            ReferencePacket.Width.variable, .fixed,
        ]
    )
    func punchRequests(width: ReferencePacket.Width) {
        for tokenSize in stride(from: 16, through: 512, by: 1) {
            for session in ["", "s1", String(repeating: "é", count: 64)] {
                let token = String(repeating: "t", count: tokenSize)
                let packet = ReferencePacket(.punchRequest(token: token, session: session), width: width)
                var bytes = ByteBuffer()
                packet.write(into: &bytes)
                #expect(DatagramKind(bytes) == .reference)
                #expect(ReferencePacket(bytes) == packet)
            }
        }
    }

    @Test("channel data: the channel's number, and only what its length says")
    func channelData() throws {
        let data = try #require(TURNChannelData(hex("40010005 6162636465 000000")))
        #expect(data.number == 0x4001)
        #expect(data.data == ByteBuffer(string: "abcde"))
        #expect(TURNChannelData(hex("4fff0000"))?.data.readableBytes == 0)
        for text in ["", "4001", "400100", "40010005 61626364", "80000000", "3fff0000"] {
            #expect(TURNChannelData(hex(text)) == nil, "\(text)")
        }
        var written = ByteBuffer()
        TURNChannelData.writeHeader(number: 0x4001, size: 5, into: &written)
        #expect(written == hex("40010005"))
        #expect((0...8).map(TURNChannelData.padding) == [0, 3, 2, 1, 0, 3, 2, 1, 0])
    }
}
