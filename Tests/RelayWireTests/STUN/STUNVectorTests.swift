import NIOCore
import RelayWire
import Testing

@Suite("STUN's published messages")
struct STUNVectorTests {
    @Test("RFC 5769, 2.1: a request")
    func request() throws {
        let message = try STUNMessage(STUNSamples.request)
        #expect(message.type == STUNMessageType(.binding, .request))
        #expect(message.header.transaction == STUNSamples.transaction)
        #expect(try message.text(.software) == "STUN test client")
        #expect(try message.text(.username) == "evtj:h6vY")
        #expect(message.isAuthentic(.sha1, code: STUNSamples.sha1(STUNSamples.password)))
        #expect(!message.isAuthentic(.sha1, code: STUNSamples.sha1([1])))
        #expect(!message.isAuthentic(.sha256, code: STUNSamples.sha256(STUNSamples.password)))
        #expect(message.hasFingerprint && message.fingerprintIsRight)
        // PRIORITY is ICE's, and must be understood. ICE-CONTROLLED need not be.
        #expect(message.unknownAttributes(limit: 8) == [0x0024])
    }

    @Test(
        "RFC 5769, 2.2 and 2.3: a response of each family",
        arguments: [
            (STUNSamples.ipv4Response, IPAddress.v4(0xC000_0201)),
            (STUNSamples.ipv6Response, IPAddress.v6(0x2001_0DB8_1234_5678, 0x0011_2233_4455_6677)),
        ]
    )
    func responses(bytes: ByteBuffer, address: IPAddress) throws {
        let message = try STUNMessage(bytes)
        #expect(message.type == STUNMessageType(.binding, .success))
        #expect(try message.text(.software) == "test vector")
        #expect(try message.address(.xorMappedAddress) == TransportAddress(address, port: 32_853))
        #expect(message.isAuthentic(.sha1, code: STUNSamples.sha1(STUNSamples.password)))
        #expect(message.fingerprintIsRight)
    }

    @Test("RFC 5769, 2.4: a request with long-term credentials, read and written")
    func longTerm() throws {
        let message = try STUNMessage(STUNSamples.longTerm)
        let nonce = try #require(try message.text(.nonce))
        #expect(try message.text(.username) == STUNSamples.userName)
        #expect(try message.text(.realm) == STUNSamples.realm)
        #expect(nonce == "f//499k954d6OL34oL9FSTvy64sA")
        let sign = STUNSamples.sha1(STUNSamples.longTermKey)
        #expect(message.isAuthentic(.sha1, code: sign))
        #expect(!message.hasFingerprint && message.fingerprintIsRight)

        var writer = STUNMessageWriter(message.type, message.header.transaction)
        writer.add(.username, text: STUNSamples.userName)
        writer.add(.nonce, text: nonce)
        writer.add(.realm, text: STUNSamples.realm)
        let isSigned = writer.sign(.sha1, code: sign)
        #expect(isSigned)
        #expect(writer.bytes == STUNSamples.longTerm)
    }

    @Test("RFC 8489, B.1: a request with USERHASH and HMAC-SHA256, read and written")
    func longTermSHA256() throws {
        let message = try STUNMessage(STUNSamples.longTermSHA256)
        let hash = try #require(try message.userHash())
        let sign = STUNSamples.sha256(STUNSamples.longTermKeySHA256)
        #expect(try message.text(.nonce) == STUNSamples.nonceSHA256)
        #expect(try message.passwordAlgorithm() == .sha256)
        #expect(message.isAuthentic(.sha256, code: sign))
        #expect(!message.isAuthentic(.sha256, code: STUNSamples.sha256(STUNSamples.longTermKey)))

        var writer = STUNMessageWriter(message.type, message.header.transaction)
        writer.add(.userHash, hash)
        writer.add(.nonce, text: STUNSamples.nonceSHA256)
        writer.add(.realm, text: STUNSamples.realm)
        writer.add(.passwordAlgorithm, algorithms: [.sha256])
        let isSigned = writer.sign(.sha256, code: sign)
        #expect(isSigned)
        #expect(writer.bytes == STUNSamples.longTermSHA256)
    }

    @Test("each bit of a signed message counts")
    func tampering() {
        let whole = Array(STUNSamples.ipv4Response.readableBytesView)
        for index in 0..<whole.count - STUNMessageWriter.fingerprintSize {
            var bytes = whole
            bytes[index] ^= 1
            let message = try? STUNMessage(inset(bytes))
            let isTaken = message?.isAuthentic(.sha1, code: STUNSamples.sha1(STUNSamples.password)) ?? false
            #expect(!isTaken, "byte \(index)")
            #expect(message?.fingerprintIsRight != true, "byte \(index)")
        }
    }
}
