import NIOCore

extension UInt64 {
    /// How many decimal digits it has, at least 1.
    var decimalSize: Int {
        var size = 1
        var limit: UInt64 = 10
        while self >= limit {
            size += 1
            let (next, overflowed) = limit.multipliedReportingOverflow(by: 10)
            if overflowed { break }
            limit = next
        }
        return size
    }

    /// The ASCII digits of a number below 100,000,000, zeros in front: the first digit in the highest byte.
    var eightDigits: UInt64 {
        var rest = self
        var text: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            text |= (rest % 10 + UInt64(UInt8(ascii: "0"))) << shift
            rest /= 10
        }
        return text
    }
}

extension ByteBuffer {
    /// Writes decimal digits without making a string.
    mutating func writeDecimal(_ number: UInt64) {
        let size = number.decimalSize
        guard size > 8 else { return self.writeFirst(size, of: number.eightDigits << (8 * UInt64(8 - size))) }
        let upper = number / 100_000_000
        self.writeDecimal(upper)
        self.writeInteger((number % 100_000_000).eightDigits)
    }

    /// Writes the highest bytes of `text`.
    private mutating func writeFirst(_ count: Int, of text: UInt64) {
        for index in 0..<UInt64(count) {
            self.writeInteger(UInt8(truncatingIfNeeded: text >> (56 - 8 * index)))
        }
    }
}
