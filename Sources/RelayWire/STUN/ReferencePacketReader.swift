import NIOCore

/// Reads a packet of either width. Nothing is copied before its length was held against its bound.
struct ReferencePacketReader {
    /// The marks of numbers that one byte can't hold.
    static let twoBytes: UInt8 = 0xFB
    static let fourBytes: UInt8 = 0xFC
    static let eightBytes: UInt8 = 0xFD

    let width: ReferencePacket.Width
    private var bytes: ByteBuffer

    init(_ datagram: ByteBuffer) {
        self.bytes = datagram
        let beginning: UInt32? = datagram.getInteger(at: datagram.readerIndex)
        self.width = beginning.map { $0 & 0x00FF_FFFF == 0 } ?? false ? .fixed : .variable
    }

    var isAtEnd: Bool { self.bytes.readableBytes == 0 }

    mutating func body() -> ReferencePacket.Body? {
        switch self.tag() {
        case .punchRequest:
            guard let token = self.text(limit: ReferencePacket.maximumTokenSize), let session = self.session() else {
                return nil
            }
            return .punchRequest(token: token, session: session)
        case .punchAcknowledgement: return self.session().map { .punchAcknowledgement(session: $0) }
        case .punchSuccess: return self.session().map { .punchSuccess(session: $0) }
        case .keepAlive: return .keepAlive
        case .probe: return self.sequence().map { .probe(sequence: $0) }
        case nil: return nil
        }
    }

    /// In both widths the first byte tells it; the others of the fixed width are zero, or it would be the other.
    private mutating func tag() -> ReferencePacket.Tag? {
        guard let first: UInt8 = self.bytes.readInteger() else { return nil }
        if self.width == .fixed { self.bytes.moveReaderIndex(forwardBy: 3) }
        return ReferencePacket.Tag(rawValue: first)
    }

    private mutating func session() -> String? { self.text(limit: ReferencePacket.maximumSessionSize) }

    private mutating func text(limit: Int) -> String? {
        let size: UInt64? =
            switch self.width {
            case .variable: self.variable()
            case .fixed: self.bytes.readInteger(endianness: .little)
            }
        guard let size, size <= limit else { return nil }
        return try? self.bytes.readUTF8ValidatedString(length: Int(size))
    }

    private mutating func sequence() -> UInt32? {
        switch self.width {
        case .variable: self.variable().flatMap { UInt32(exactly: $0) }
        case .fixed: self.bytes.readInteger(endianness: .little)
        }
    }

    /// In whatever number of bytes: the reference takes a small number in a long form too.
    private mutating func variable() -> UInt64? {
        guard let first: UInt8 = self.bytes.readInteger() else { return nil }
        switch first {
        case ...250: return UInt64(first)
        case Self.twoBytes: return self.bytes.readInteger(endianness: .little, as: UInt16.self).map(UInt64.init)
        case Self.fourBytes: return self.bytes.readInteger(endianness: .little, as: UInt32.self).map(UInt64.init)
        case Self.eightBytes: return self.bytes.readInteger(endianness: .little)
        default: return nil
        }
    }
}
