import NIOCore
import RelayWire
import Testing

@Suite("STUN messages")
struct STUNMessageTests {
    @Test("types have the class between the method's bits, and all come back")
    func types() {
        #expect(STUNMessageType(.binding, .request).rawValue == 0x0001)
        #expect(STUNMessageType(.binding, .indication).rawValue == 0x0011)
        #expect(STUNMessageType(.binding, .success).rawValue == 0x0101)
        #expect(STUNMessageType(.binding, .error).rawValue == 0x0111)
        #expect(STUNMessageType(.allocate, .error).rawValue == 0x0113)
        #expect(STUNMessageType(.channelBind, .success).rawValue == 0x0109)
        for raw in UInt16(0)..<0x4000 { #expect(STUNMessageType(rawValue: raw)?.rawValue == raw) }
        for raw in UInt16(0x4000)...0xFFFF where STUNMessageType(rawValue: raw) != nil {
            Issue.record("\(raw) is taken for a type")
        }
    }

    @Test(
        "what is no message is refused, and why",
        arguments: [
            ("", STUNError.notSTUN),
            ("00010000 2112a442 b7e7a701bc34d686fa87df", .notSTUN),
            ("40010000 2112a442 b7e7a701bc34d686fa87dfae", .notSTUN),
            ("00010002 2112a442 b7e7a701bc34d686fa87dfae 0000", .notSTUN),
            ("00010004 2112a442 b7e7a701bc34d686fa87dfae", .wrongLength),
            ("00010000 2112a442 b7e7a701bc34d686fa87dfae 00", .wrongLength),
            ("00010004 2112a442 b7e7a701bc34d686fa87dfae 80220001", .truncatedAttribute),
            ("00010008 2112a442 b7e7a701bc34d686fa87dfae 80220005 61616161", .truncatedAttribute),
            ("00010008 2112a442 b7e7a701bc34d686fa87dfae 8022ffff 61616161", .truncatedAttribute),
            ("0001000c 2112a442 b7e7a701bc34d686fa87dfae 80280004 00000000 80220000", .fingerprintNotLast),
            ("00010004 2112a442 b7e7a701bc34d686fa87dfae 80280000", .malformedAttribute(.fingerprint)),
            ("00010004 2112a442 b7e7a701bc34d686fa87dfae 00080000", .malformedAttribute(.messageIntegrity)),
            (
                "00010010 2112a442 b7e7a701bc34d686fa87dfae 001c000c 000000000000000000000000",
                .malformedAttribute(.messageIntegritySHA256)
            ),
        ]
    )
    func refused(text: String, reason: STUNError) {
        #expect(throws: reason) { try STUNMessage(hex(text)) }
    }

    @Test("after an integrity only the other one and the fingerprint count")
    func order() throws {
        let sha1 = bytes("00080014") + [UInt8](repeating: 1, count: 20)
        let sha256 = bytes("001c0020") + [UInt8](repeating: 2, count: 32)
        let lifetime = bytes("000d0004 00000258")
        let odd = bytes("7fff0000")

        let after = try STUNMessage(STUNSamples.message(sha1 + lifetime + odd))
        #expect(!after.has(.lifetime))
        #expect(try after.lifetime() == nil)
        #expect(after.unknownAttributes(limit: 4).isEmpty)
        #expect(after.isSigned(by: .sha1) && !after.isSigned(by: .sha256))

        let before = try STUNMessage(STUNSamples.message(lifetime + odd + sha1 + sha256))
        #expect(try before.lifetime() == 600)
        #expect(before.unknownAttributes(limit: 4) == [0x7FFF])
        #expect(before.isSigned(by: .sha1) && before.isSigned(by: .sha256))

        let swapped = try STUNMessage(STUNSamples.message(sha256 + sha1))
        #expect(!swapped.isSigned(by: .sha1) && swapped.isSigned(by: .sha256))
    }

    @Test("both integrities and the fingerprint of one message are right")
    func everySignature() throws {
        var writer = STUNMessageWriter(STUNMessageType(.allocate, .request), STUNSamples.transaction)
        writer.add(.requestedTransport, leading: UInt8(17))
        writer.sign(.sha1, code: STUNSamples.sha1([1, 2]))
        writer.sign(.sha256, code: STUNSamples.sha256([3]))
        writer.addFingerprint()
        let message = try STUNMessage(writer.bytes)
        #expect(message.isAuthentic(.sha1, code: STUNSamples.sha1([1, 2])))
        #expect(message.isAuthentic(.sha256, code: STUNSamples.sha256([3])))
        #expect(message.fingerprintIsRight)
        #expect(try message.requestedTransport() == 17)
    }

    @Test("a signature that was cut short is not right")
    func shortSignature() throws {
        var writer = STUNMessageWriter(STUNMessageType(.binding, .request), STUNSamples.transaction)
        var whole = writer
        whole.sign(.sha256, code: STUNSamples.sha256([3]))
        let code = try #require(whole.bytes.getSlice(at: whole.bytes.readerIndex + 24, length: 16))
        writer.add(.messageIntegritySHA256, code)
        let message = try STUNMessage(writer.bytes)
        #expect(message.isSigned(by: .sha256))
        #expect(!message.isAuthentic(.sha256, code: STUNSamples.sha256([3])))
        #expect(!message.isAuthentic(.sha256) { STUNSamples.sha256([3])($0).prefix(16) })
    }

    @Test("unknown attributes are told once, those alone that must be understood, and no more than asked for")
    func unknown() throws {
        let message = try STUNMessage(
            STUNSamples.message(bytes("0002000000020000 00290003aabbcc00 ffff0000 0024000412345678 00260000"))
        )
        #expect(message.unknownAttributes(limit: 8) == [0x0002, 0x0029, 0x0024])
        #expect(message.unknownAttributes(limit: 2) == [0x0002, 0x0029])
        #expect(message.unknownAttributes(limit: 0).isEmpty)
    }

    @Test("of several attributes of a type the first counts")
    func firstCounts() throws {
        let message = try STUNMessage(STUNSamples.message(bytes("000d000400000001 000d000400000002")))
        #expect(try message.lifetime() == 1)
    }
}
