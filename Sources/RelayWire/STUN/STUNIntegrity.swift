public import NIOCore

/// The two ways to sign a message. This target knows no HMAC: who asks brings the function.
public enum STUNIntegrity: Sendable {
    /// MESSAGE-INTEGRITY, HMAC-SHA1 (RFC 8489, 14.5).
    case sha1
    /// MESSAGE-INTEGRITY-SHA256, HMAC-SHA256 (RFC 8489, 14.6).
    case sha256

    /// Of the whole value, bytes.
    public var size: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// What RFC 8489 lets an HMAC-SHA256 be cut to, in steps of four bytes.
    static let sha256Sizes = 16...32

    var attribute: STUNAttributeType {
        switch self {
        case .sha1: .messageIntegrity
        case .sha256: .messageIntegritySHA256
        }
    }
}

extension STUNMessage {
    public func isSigned(by integrity: STUNIntegrity) -> Bool { self.place(of: integrity) != nil }

    /// Whether the message is signed so, and the signature is right.
    ///
    /// A signature that was cut short is not right: neither Binding nor TURN allows it. The time that it takes tells nothing of where two
    /// signatures differ.
    ///
    /// - Parameter code: the HMAC of the given bytes under the client's key, whole.
    public func isAuthentic<Code: Collection<UInt8>>(
        _ integrity: STUNIntegrity,
        code: (ByteBufferView) -> Code
    ) -> Bool {
        guard let place = self.place(of: integrity), let signed = self.signedBytes(before: place, integrity) else {
            return false
        }
        let claimed = self.bytes.viewBytes(
            at: self.bytes.readerIndex + place + 4,
            length: integrity.size
        )
        let size: UInt16? = self.bytes.getInteger(at: self.bytes.readerIndex + place + 2)
        let expected = code(signed.readableBytesView)
        guard let claimed, size.map(Int.init) == integrity.size, expected.count == integrity.size else { return false }
        return zip(claimed, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func place(of integrity: STUNIntegrity) -> Int? {
        switch integrity {
        case .sha1: self.integrity
        case .sha256: self.integritySHA256
        }
    }

    /// All before the attribute, with a length in the header as if it were the last one. Copied only where another follows.
    private func signedBytes(before place: Int, _ integrity: STUNIntegrity) -> ByteBuffer? {
        guard var signed = self.bytes.getSlice(at: self.bytes.readerIndex, length: place) else { return nil }
        let length = UInt16(truncatingIfNeeded: place + 4 + integrity.size - STUNHeader.size)
        if length != self.header.length { signed.setInteger(length, at: signed.readerIndex + 2) }
        return signed
    }
}

enum STUNFingerprint {
    /// - Parameter bytes: all before the attribute. The length in the header counts it already.
    static func value(of bytes: Span<UInt8>) -> UInt32 {
        CRC32.checksum(bytes) ^ 0x5354_554E
    }
}
