import NIOCore
import RelayWire
import Testing

@Suite("The reference's packets")
struct ReferencePacketTests {
    static let token = "abcdefghijklmnop"
    static let tokenBytes = "6162636465666768696a6b6c6d6e6f70"

    @Test(
        "bytes of each packet in both widths, read and written",
        arguments: [
            (
                "00 10 \(tokenBytes) 02 7331",
                ReferencePacket(.punchRequest(token: token, session: "s1"), width: .variable)
            ),
            ("01 02 7331", ReferencePacket(.punchAcknowledgement(session: "s1"), width: .variable)),
            ("02 02 7331", ReferencePacket(.punchSuccess(session: "s1"), width: .variable)),
            ("03", ReferencePacket(.keepAlive, width: .variable)),
            ("04 01", ReferencePacket(.probe(sequence: 1), width: .variable)),
            ("04 fa", ReferencePacket(.probe(sequence: 250), width: .variable)),
            ("04 fb fb00", ReferencePacket(.probe(sequence: 251), width: .variable)),
            ("04 fb 2c01", ReferencePacket(.probe(sequence: 300), width: .variable)),
            ("04 fb ffff", ReferencePacket(.probe(sequence: 65_535), width: .variable)),
            ("04 fc 70110100", ReferencePacket(.probe(sequence: 70_000), width: .variable)),
            ("04 fc ffffffff", ReferencePacket(.probe(sequence: .max), width: .variable)),
            (
                "00000000 1000000000000000 \(tokenBytes) 0200000000000000 7331",
                ReferencePacket(.punchRequest(token: token, session: "s1"), width: .fixed)
            ),
            ("01000000 0200000000000000 7331", ReferencePacket(.punchAcknowledgement(session: "s1"), width: .fixed)),
            ("02000000 0200000000000000 7331", ReferencePacket(.punchSuccess(session: "s1"), width: .fixed)),
            ("03000000", ReferencePacket(.keepAlive, width: .fixed)),
            ("04000000 01000000", ReferencePacket(.probe(sequence: 1), width: .fixed)),
        ]
    )
    func golden(text: String, packet: ReferencePacket) {
        #expect(ReferencePacket(hex(text)) == packet)
        var written = ByteBuffer()
        packet.write(into: &written)
        #expect(written == hex(text))
        for length in 0..<bytes(text).count {
            let cut = ReferencePacket(inset(bytes(text)[..<length]))
            // The first three bytes of the older width may be a packet of the newer.
            #expect(cut == nil || cut?.width != packet.width, "\(length)")
        }
        #expect(ReferencePacket(inset(bytes(text) + [0])) == nil)
    }

    @Test("a small number in a long form is taken, as the reference takes it")
    func longForms() {
        let probe = ReferencePacket(.probe(sequence: 1), width: .variable)
        for text in ["04 fb 0100", "04 fc 01000000", "04 fd 0100000000000000"] {
            #expect(ReferencePacket(hex(text)) == probe)
        }
    }

    @Test(
        "what is no packet",
        arguments: [
            "", "05", "04", "04 fb 01", "04 fd 0000000001000000", "04 fe 00000000000000000000000000000000", "04 ff",
            "01 02 73", "01 02 c328", "01 ff 7331", "00 10 6162", "01 fd ffffffffffffffff", "03 00",
            "01000000 ffffffffffffffff 7331", "01000000 02000000 7331", "05000000", "04000000 010000",
        ]
    )
    func refused(text: String) {
        #expect(ReferencePacket(hex(text)) == nil)
    }

    @Test("texts are bounded")
    func bounds() {
        func packet(_ token: Int, _ session: Int) -> ReferencePacket? {
            var bytes = ByteBuffer()
            let body = ReferencePacket.Body.punchRequest(
                token: String(repeating: "t", count: token),
                session: String(repeating: "s", count: session)
            )
            ReferencePacket(body, width: .fixed).write(into: &bytes)
            return ReferencePacket(bytes)
        }
        #expect(packet(512, 128) != nil)
        #expect(packet(513, 128) == nil)
        #expect(packet(512, 129) == nil)
    }
}
