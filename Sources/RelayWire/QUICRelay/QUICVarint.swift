public import NIOCore

/// Numbers of 62 bits as QUIC writes them (RFC 9000, section 16): the first two bits say whether 1, 2, 4 or 8 bytes hold it, the first
/// byte the highest.
public enum QUICVarint {
    public static let maximum: UInt64 = 1 << 62 - 1
    /// In bytes, of any number.
    public static let longest = 8

    /// Of the shortest form. In bytes.
    ///
    /// - Parameter number: at most ``maximum``.
    public static func size(of number: UInt64) -> Int {
        switch number {
        case ..<(1 << 6): 1
        case ..<(1 << 14): 2
        case ..<(1 << 30): 4
        default: 8
        }
    }
}

extension ByteBuffer {
    /// Takes the next number, in whichever form it was written.
    ///
    /// - Returns: nil, with nothing taken, where more bytes have to come first.
    public mutating func readQUICVarint() -> UInt64? {
        guard let first = self.getInteger(at: self.readerIndex, as: UInt8.self) else { return nil }
        switch first >> 6 {
        case 0: return self.readInteger(as: UInt8.self).map { UInt64($0) }
        case 1: return self.readInteger(as: UInt16.self).map { UInt64($0 & 0x3FFF) }
        case 2: return self.readInteger(as: UInt32.self).map { UInt64($0 & 0x3FFF_FFFF) }
        default: return self.readInteger(as: UInt64.self).map { $0 & QUICVarint.maximum }
        }
    }

    /// Writes a number in its shortest form.
    ///
    /// - Precondition: it is at most ``QUICVarint/maximum``.
    public mutating func writeQUICVarint(_ number: UInt64) {
        precondition(number <= QUICVarint.maximum, "\(number) has more than 62 bits")
        switch QUICVarint.size(of: number) {
        case 1: self.writeInteger(UInt8(truncatingIfNeeded: number))
        case 2: self.writeInteger(UInt16(truncatingIfNeeded: number) | 0x4000)
        case 4: self.writeInteger(UInt32(truncatingIfNeeded: number) | 0x8000_0000)
        default: self.writeInteger(number | 0xC000_0000_0000_0000)
        }
    }
}
