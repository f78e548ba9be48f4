import NIOCore

/// Numbers that begin in the last bits of a byte (RFC 7541 section 5.1).
extension ByteBuffer {
    /// Of the largest number that is read, bits. No head is as long as that.
    private static let largestBits = 32

    /// - Parameter prefix: bits of the first byte that belong to the number, 3 to 8.
    /// - Returns: nil where it is cut short or larger than any that is meant.
    mutating func readPrefixedInteger(_ prefix: Int) -> Int? {
        guard let first = self.readInteger(as: UInt8.self) else { return nil }
        let mask = UInt8(truncatingIfNeeded: (1 << prefix) - 1)
        var number = Int(first & mask)
        guard first & mask == mask else { return number }
        var shift = 0
        while let byte = self.readInteger(as: UInt8.self) {
            number += Int(byte & 0x7F) << shift
            guard number >> Self.largestBits == 0 else { return nil }
            if byte & 0x80 == 0 { return number }
            shift += 7
            guard shift < Self.largestBits else { return nil }
        }
        return nil
    }

    /// - Parameters:
    ///   - prefix: bits of the first byte that belong to the number.
    ///   - flags: the other bits of the first byte.
    mutating func writePrefixedInteger(_ number: Int, _ prefix: Int, flags: UInt8) {
        let mask = (1 << prefix) - 1
        guard number >= mask else { return _ = self.writeInteger(flags | UInt8(truncatingIfNeeded: number)) }
        self.writeInteger(flags | UInt8(truncatingIfNeeded: mask))
        var rest = number - mask
        while rest >= 0x80 {
            self.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}
