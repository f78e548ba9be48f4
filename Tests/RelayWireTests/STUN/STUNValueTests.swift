import NIOCore
import RelayWire
import Testing

@Suite("Values in STUN messages")
struct STUNValueTests {
    static let ipv4 = TransportAddress(.v4(0xC000_0201), port: 32_853)
    static let ipv6 = TransportAddress(.v6(0x2001_0DB8_1234_5678, 0x0011_2233_4455_6677), port: 1)

    private func written(_ write: (inout STUNMessageWriter) -> Void) throws -> STUNMessage {
        var writer = STUNMessageWriter(STUNMessageType(.allocate, .success), STUNSamples.transaction)
        write(&writer)
        return try STUNMessage(writer.bytes)
    }

    @Test(
        "addresses of both families come back, plain and mixed",
        arguments: [
            STUNAttributeType.mappedAddress, .xorMappedAddress, .xorPeerAddress, .xorRelayedAddress, .responseOrigin,
            .otherAddress,
        ],
        [ipv4, ipv6]
    )
    func addresses(type: STUNAttributeType, address: TransportAddress) throws {
        let message = try self.written { $0.add(type, address: address) }
        #expect(try message.address(type) == address)
        #expect(try message.addresses(type, limit: 4) == [address])
        #expect(try message.address(.data) == nil)
    }

    @Test("an address on the wire, plain and mixed")
    func goldenAddress() throws {
        let message = try self.written {
            $0.add(.mappedAddress, address: Self.ipv4)
            $0.add(.xorPeerAddress, address: Self.ipv4)
        }
        #expect(
            message.bytes
                == hex("01030018 2112a442 b7e7a701bc34d686fa87dfae 00010008 00018055c0000201 00120008 0001a147e112a643")
        )
    }

    @Test("several peers of one request, no more than asked for")
    func peers() throws {
        let message = try self.written {
            for _ in 0..<3 { $0.add(.xorPeerAddress, address: Self.ipv4) }
        }
        #expect(try message.addresses(.xorPeerAddress, limit: 2).count == 2)
        #expect(try message.addresses(.xorPeerAddress, limit: 9).count == 3)
    }

    @Test("all that TURN and RFC 5780 carry comes back")
    func values() throws {
        let data = ByteBuffer(repeating: 7, count: 1_001)
        let message = try self.written {
            $0.add(.channelNumber, leading: UInt16(0x4001))
            $0.add(.lifetime, number: UInt32(600))
            $0.add(.data, data)
            $0.add(.requestedAddressFamily, leading: STUNAddressFamily.v6.rawValue)
            $0.add(.evenPort, number: UInt8(0x80))
            $0.add(.requestedTransport, leading: UInt8(17))
            $0.add(.dontFragment)
            $0.add(.reservationToken, number: UInt64(0x0102_0304_0506_0708))
            $0.add(.changeRequest, number: STUNChangeRequest([.address, .port]).rawValue)
            $0.add(.responsePort, leading: UInt16(3_000))
            $0.add(.passwordAlgorithms, algorithms: [.sha256, .md5])
            $0.add(STUNErrorCode(438, "Stale Nonce"))
            $0.add(notUnderstood: [0x24, 0x25, 0x26])
        }
        #expect(try message.channelNumber() == 0x4001)
        #expect(try message.lifetime() == 600)
        #expect(message.value(.data) == data)
        #expect(try message.requestedAddressFamily() == 2)
        #expect(try message.evenPort() == true)
        #expect(try message.requestedTransport() == 17)
        #expect(message.has(.dontFragment))
        #expect(try message.reservationToken() == 0x0102_0304_0506_0708)
        #expect(try message.changeRequest() == [.address, .port])
        #expect(try message.responsePort() == 3_000)
        #expect(try message.passwordAlgorithms() == [.sha256, .md5])
        #expect(try message.errorCode() == STUNErrorCode(438, "Stale Nonce"))
        #expect(try message.notUnderstood() == [0x24, 0x25, 0x26])
    }

    @Test("what is not there is nil or empty")
    func absent() throws {
        let message = try self.written { _ in }
        #expect(message.bytes.readableBytes == STUNHeader.size)
        #expect(try message.channelNumber() == nil)
        #expect(try message.evenPort() == nil)
        #expect(try message.changeRequest().isEmpty)
        #expect(try message.responsePort() == nil)
        #expect(try message.errorCode() == nil)
        #expect(try message.notUnderstood().isEmpty)
        #expect(try message.passwordAlgorithms().isEmpty)
        #expect(try message.userHash() == nil)
        #expect(try message.text(.realm) == nil)
        #expect(message.value(.data) == nil)
    }

    @Test("values of a wrong size or kind are refused, and the message is not")
    func malformed() throws {
        func refuse(_ text: String, _ type: STUNAttributeType, _ read: (STUNMessage) throws -> Void) throws {
            let message = try STUNMessage(STUNSamples.message(bytes(text)))
            #expect(throws: STUNError.malformedAttribute(type)) { try read(message) }
        }
        try refuse("0001000400017777", .mappedAddress) { _ = try $0.address(.mappedAddress) }
        try refuse("00010008 0003777701020304", .mappedAddress) { _ = try $0.address(.mappedAddress) }
        try refuse("00010008 0002777701020304", .mappedAddress) { _ = try $0.address(.mappedAddress) }
        try refuse("00010000", .mappedAddress) { _ = try $0.addresses(.mappedAddress, limit: 1) }
        try refuse("000d000200010000", .lifetime) { _ = try $0.lifetime() }
        try refuse("000d0000", .lifetime) { _ = try $0.lifetime() }
        try refuse("00180004 80000000", .evenPort) { _ = try $0.evenPort() }
        try refuse("00220004 80000000", .reservationToken) { _ = try $0.reservationToken() }
        try refuse("001e0004 80000000", .userHash) { _ = try $0.userHash() }
        try refuse("00060002 c3280000", .username) { _ = try $0.text(.username) }
        try refuse("00130001 61000000", .data) { _ = try $0.text(.data) }
        try refuse("00090004 00000214", .errorCode) { _ = try $0.errorCode() }
        try refuse("00090004 00000464", .errorCode) { _ = try $0.errorCode() }
        try refuse("000a0003 00010200", .unknownAttributes) { _ = try $0.notUnderstood() }
        try refuse("001d0004 00020004", .passwordAlgorithm) { _ = try $0.passwordAlgorithm() }
        try refuse("001d0000", .passwordAlgorithm) { _ = try $0.passwordAlgorithm() }
        try refuse("80020004 00020004", .passwordAlgorithms) { _ = try $0.passwordAlgorithms() }
        try refuse("00270003 00010200", .responsePort) { _ = try $0.responsePort() }
    }

    @Test("texts are bounded both ways")
    func longTexts() throws {
        var writer = STUNMessageWriter(STUNMessageType(.binding, .request), STUNSamples.transaction)
        let tooLong = writer.add(.username, text: String(repeating: "a", count: 509))
        #expect(!tooLong)
        let longest = String(repeating: "a", count: 508)
        writer.add(.username, text: longest)
        writer.add(.realm, ByteBuffer(repeating: 0x61, count: 764))
        let message = try STUNMessage(writer.bytes)
        #expect(try message.text(.username) == longest)
        #expect(throws: STUNError.malformedAttribute(.realm)) { try message.text(.realm) }
    }

    @Test("what does not fit is left out whole, at every limit", arguments: 0...140)
    func limit(limit: Int) throws {
        var writer = STUNMessageWriter(STUNMessageType(.binding, .success), STUNSamples.transaction, limit: limit)
        var taken = 0
        if writer.add(.xorMappedAddress, address: Self.ipv6) { taken += 1 }
        if writer.add(.software, text: "abcde") { taken += 1 }
        if writer.sign(.sha1, code: STUNSamples.sha1([1])) { taken += 1 }
        if writer.add(.badRequest) { taken += 1 }
        if writer.addFingerprint() { taken += 1 }
        #expect(writer.bytes.readableBytes <= max(limit, STUNHeader.size))
        #expect(try STUNMessage(writer.bytes).fingerprintIsRight)
        if limit == 140 { #expect(taken == 5) }
    }

    @Test("no message is longer than its header can tell")
    func longestMessage() throws {
        var writer = STUNMessageWriter(STUNMessageType(.data, .indication), STUNSamples.transaction, limit: .max)
        let tooLong = writer.add(.data, ByteBuffer(repeating: 1, count: 0xFFF9))
        #expect(!tooLong)
        let longest = writer.add(.data, ByteBuffer(repeating: 1, count: 0xFFF8))
        #expect(longest)
        #expect(try STUNMessage(writer.bytes).value(.data)?.readableBytes == 0xFFF8)
        let more = writer.add(.dontFragment)
        #expect(!more)
    }

    @Test("IPv4 addresses are taken out of their mapped form, and others stay")
    func unmapped() {
        #expect(IPAddress.v6(0, 0xFFFF_0102_0304).unmapped == .v4(0x0102_0304))
        #expect(IPAddress.v6(0, 1).unmapped == .v6(0, 1))
        #expect(IPAddress.v6(1, 0xFFFF_0102_0304).unmapped == .v6(1, 0xFFFF_0102_0304))
        #expect(IPAddress.v4(1).unmapped == .v4(1))
    }
}
