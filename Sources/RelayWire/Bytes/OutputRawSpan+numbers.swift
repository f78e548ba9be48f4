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
    fileprivate var eightDigits: UInt64 {
        var rest = UInt32(truncatingIfNeeded: self)
        var text: UInt64 = 0
        for place in 0..<8 {
            text |= UInt64(rest % 10 + UInt32(UInt8(ascii: "0"))) << (8 * UInt64(place))
            rest /= 10
        }
        return text
    }
}

extension OutputRawSpan {
    /// Decimal digits.
    mutating func append(decimal number: UInt64) {
        guard number < 100_000_000 else {
            self.append(decimal: number / 100_000_000)
            return self.append(bigEndian: (number % 100_000_000).eightDigits)
        }
        let digits = number.eightDigits
        for place in (0..<UInt64(number.decimalSize)).reversed() {
            self.append(UInt8(truncatingIfNeeded: digits >> (8 * place)))
        }
    }
}
