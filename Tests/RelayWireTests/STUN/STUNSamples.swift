import Crypto
import NIOCore
import RelayWire

/// The messages of RFC 5769 and of RFC 8489, Appendix B.1 (as erratum 6268 has it), and what they are signed with.
enum STUNSamples {
    static let request = hex(
        """
        00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74 00240004 6e0001ff
        80290008 932ff9b151263b36 00060009 6576746a3a68367659202020 00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
        80280004 e57a3bcf
        """
    )
    static let ipv4Response = hex(
        """
        0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220 00200008 0001a147e112a643
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96
        """
    )
    static let ipv6Response = hex(
        """
        01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
        00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c
        """
    )
    static let longTerm = hex(
        """
        00010060 2112a442 78ad3433c6ad72c029da412e 00060012 e3839ee38388e383aae38383e382afe382b90000
        0015001c 662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b 6578616d706c652e6f726700
        00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666
        """
    )
    static let longTermSHA256 = hex(
        """
        00010090 2112a442 78ad3433c6ad72c029da412e
        001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704
        00150029 6f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c39465354767936347341000000
        0014000b 6578616d706c652e6f726700 001d0004 00020000
        001c0020 b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65
        """
    )

    static let all = [request, ipv4Response, ipv6Response, longTerm, longTermSHA256]

    static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)
    static let userName = "マトリックス"
    static let realm = "example.org"
    static let nonceSHA256 = "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"
    /// After the password was prepared for use (RFC 8265).
    private static let secret = Array("\(userName):\(realm):TheMatrIX".utf8)
    static let longTermKey = Array(Insecure.MD5.hash(data: secret))
    static let longTermKeySHA256 = Array(SHA256.hash(data: secret))

    static let transaction = STUNTransaction(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE)

    static func sha1(_ key: [UInt8]) -> (ByteBufferView) -> [UInt8] {
        { Array(HMAC<Insecure.SHA1>.authenticationCode(for: Array($0), using: SymmetricKey(data: key))) }
    }

    static func sha256(_ key: [UInt8]) -> (ByteBufferView) -> [UInt8] {
        { Array(HMAC<SHA256>.authenticationCode(for: Array($0), using: SymmetricKey(data: key))) }
    }

    /// A request of any attributes, whether they make sense or not.
    static func message(_ attributes: [UInt8]) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(
            STUNMessageType(.binding, .request).rawValue,
            UInt16(attributes.count),
            STUNHeader.magicCookie,
            transaction.high,
            transaction.low
        )
        bytes.writeBytes(attributes)
        return inset(bytes.readableBytesView)
    }
}

/// - Parameter text: hexadecimal digits, with blanks anywhere between bytes.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Somewhere inside a buffer, as a network read is.
func hex(_ text: String) -> ByteBuffer { inset(bytes(text)) }
