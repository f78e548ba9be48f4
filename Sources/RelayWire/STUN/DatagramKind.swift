public import NIOCore

/// What a datagram on the relay's UDP port is by its first bytes, after the idea of RFC 7983.
///
/// No two kinds can be taken for each other. Channel data and STUN differ in the first two bits. A reference packet has the cookie at no
/// place where STUN has it: there stands UTF-8 text, in which `12 a4` can't be, or a length above 10^9. A Binding request without the
/// cookie would be a reference packet whose token has one byte, which no token has.
public enum DatagramKind: Hashable, Sendable {
    /// STUN or TURN: a ``STUNMessage``, or else nothing.
    case stun
    /// ``TURNChannelData``, or else nothing.
    case channelData
    /// A ``ReferencePacket``, or else nothing.
    case reference
    /// Nothing that is answered.
    case unknown

    public init(_ datagram: ByteBuffer) {
        let start = datagram.readerIndex
        guard let first: UInt8 = datagram.getInteger(at: start) else {
            self = .unknown
            return
        }
        switch first {
        case 0x40...0x7F: self = .channelData
        case 0x00...0x3F where Self.isSTUN(datagram): self = .stun
        case 0x00...0x04: self = .reference
        default: self = .unknown
        }
    }

    private static func isSTUN(_ datagram: ByteBuffer) -> Bool {
        guard let header = try? STUNHeader(datagram) else { return false }
        if header.hasCookie { return true }
        // A client of RFC 3489. It says exactly how long the message is, and asks for nothing but Binding here.
        return header.type == STUNMessageType(.binding, .request)
            && datagram.readableBytes == STUNHeader.size + Int(header.length)
    }
}
