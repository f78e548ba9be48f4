public import NIOCore

/// What travels through a channel of TURN: four bytes of header, and the data (RFC 8656, 12.4).
public struct TURNChannelData: Hashable, Sendable {
    /// In bytes.
    public static let headerSize = 4
    /// The channels that may be bound: those of RFC 5766, of which RFC 8656 has the first quarter. Clients of the older one are in use, and
    /// nothing else on the port begins with such a byte.
    public static let numbers: ClosedRange<UInt16> = 0x4000...0x7FFF

    public let number: UInt16
    /// A part of the datagram.
    public let data: ByteBuffer

    /// - Parameter bytes: a datagram, or what ``STUNStreamFraming`` gives. Bytes behind the data are padding.
    /// - Returns: nil where the number is none of ``numbers``, or the data don't end within `bytes`.
    public init?(_ bytes: ByteBuffer) {
        let start = bytes.readerIndex
        guard let (number, size) = bytes.getMultipleIntegers(at: start, as: (UInt16, UInt16).self),
            Self.numbers.contains(number), bytes.readableBytes >= Self.headerSize + Int(size),
            let data = bytes.getSlice(at: start + Self.headerSize, length: Int(size))
        else { return nil }
        self.number = number
        self.data = data
    }

    /// - Parameter size: of the data that is to follow, bytes.
    public static func writeHeader(number: UInt16, size: UInt16, into buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(number, size)
    }

    /// How many zeros follow the data on a stream (RFC 8656, 12.5). A datagram needs none.
    public static func padding(size: Int) -> Int { -size & 3 }
}
