// Writing of lib0's encodings.

extension Array<UInt8> {
    /// An unsigned number in its shortest form.
    @inline(__always)
    package mutating func append(uint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            self.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A signed number as magnitude and sign, because there is a negative zero.
    mutating func append(int magnitude: UInt64, isNegative: Bool) {
        let sign: UInt8 = isNegative ? 0x40 : 0
        let low = UInt8(truncatingIfNeeded: magnitude & 0x3F)
        guard magnitude > 0x3F else { return self.append(low | sign) }
        self.append(low | sign | 0x80)
        self.append(uint: magnitude >> 6)
    }

    /// A number of bytes, and these.
    mutating func append(block bytes: [UInt8]) {
        self.append(uint: UInt64(bytes.count))
        self.append(contentsOf: bytes)
    }

    mutating func append(block bytes: Span<UInt8>, _ range: Range<Int>) {
        self.append(uint: UInt64(range.count))
        self.append(bytes, range)
    }

    mutating func append(bigEndian bits: some FixedWidthInteger) {
        for shift in stride(from: bits.bitWidth - 8, through: 0, by: -8) {
            self.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}
