public import NIOCore

/// A packet of the reference's own UDP protocol, which has no header and no version.
///
/// There are two forms of it, which bytes 1 to 3 tell apart: they are all zero only in the older one.
public struct ReferencePacket: Hashable, Sendable {
    public enum Body: Hashable, Sendable {
        case punchRequest(token: String, session: String)
        case punchAcknowledgement(session: String)
        case punchSuccess(session: String)
        case keepAlive
        /// Is echoed as it came.
        case probe(sequence: UInt32)
    }

    /// How numbers are written.
    public enum Width: Hashable, Sendable {
        /// The current form: a byte up to 250, else a mark and two, four or eight bytes.
        case variable
        /// The older form: the kind and the sequence in four bytes, lengths in eight.
        case fixed
    }

    public let body: Body
    public let width: Width

    public init(_ body: Body, width: Width) {
        self.body = body
        self.width = width
    }

    /// Of a whole packet, bytes. A longer one is none.
    public static let maximumSize = 1_400
    /// Bytes of UTF-8.
    public static let maximumTokenSize = 512
    /// Bytes of UTF-8.
    public static let maximumSessionSize = 128

    /// - Parameter datagram: one packet and nothing else.
    /// - Returns: nil where it is no such packet, or has longer texts than are taken.
    public init?(_ datagram: ByteBuffer) {
        guard datagram.readableBytes <= Self.maximumSize else { return nil }
        var reader = ReferencePacketReader(datagram)
        guard let body = reader.body(), reader.isAtEnd else { return nil }
        self.body = body
        self.width = reader.width
    }

    /// Writes it in its own width. An answer is so never longer than what it answers.
    public func write(into buffer: inout ByteBuffer) {
        switch self.body {
        case .punchRequest(let token, let session):
            self.write(tag: .punchRequest, into: &buffer)
            self.write(text: token, into: &buffer)
            self.write(text: session, into: &buffer)
        case .punchAcknowledgement(let session):
            self.write(tag: .punchAcknowledgement, into: &buffer)
            self.write(text: session, into: &buffer)
        case .punchSuccess(let session):
            self.write(tag: .punchSuccess, into: &buffer)
            self.write(text: session, into: &buffer)
        case .keepAlive:
            self.write(tag: .keepAlive, into: &buffer)
        case .probe(let sequence):
            self.write(tag: .probe, into: &buffer)
            switch self.width {
            case .variable: Self.write(variable: UInt64(sequence), into: &buffer)
            case .fixed: buffer.writeInteger(sequence, endianness: .little)
            }
        }
    }

    enum Tag: UInt8 {
        case punchRequest = 0
        case punchAcknowledgement = 1
        case punchSuccess = 2
        case keepAlive = 3
        case probe = 4
    }

    private func write(tag: Tag, into buffer: inout ByteBuffer) {
        switch self.width {
        case .variable: buffer.writeInteger(tag.rawValue)
        case .fixed: buffer.writeInteger(UInt32(tag.rawValue), endianness: .little)
        }
    }

    private func write(text: String, into buffer: inout ByteBuffer) {
        let size = UInt64(text.utf8.count)
        switch self.width {
        case .variable: Self.write(variable: size, into: &buffer)
        case .fixed: buffer.writeInteger(size, endianness: .little)
        }
        buffer.writeString(text)
    }

    private static func write(variable number: UInt64, into buffer: inout ByteBuffer) {
        switch number {
        case ...250:
            buffer.writeInteger(UInt8(truncatingIfNeeded: number))
        case ...0xFFFF:
            buffer.writeInteger(ReferencePacketReader.twoBytes)
            buffer.writeInteger(UInt16(truncatingIfNeeded: number), endianness: .little)
        case ...0xFFFF_FFFF:
            buffer.writeInteger(ReferencePacketReader.fourBytes)
            buffer.writeInteger(UInt32(truncatingIfNeeded: number), endianness: .little)
        default:
            buffer.writeInteger(ReferencePacketReader.eightBytes)
            buffer.writeInteger(number, endianness: .little)
        }
    }
}
