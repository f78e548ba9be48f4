extension JSONGrammar {
    /// A number that every usual parser reads: see ``JSONScanner/maximumNumberSize``.
    ///
    /// - Parameter start: of the sign or the first digit.
    static func number(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        var offset = start
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        let integer = offset
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "0") {
            offset += 1
        } else {
            offset = try self.digits(bytes, from: offset)
        }
        let integerEnd = offset
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset = try self.digits(bytes, from: offset + 1)
        }
        let mantissaEnd = offset
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            offset = try self.digits(bytes, from: offset)
        }
        guard offset - start <= JSONScanner.maximumNumberSize else {
            throw JSONError("Number longer than \(JSONScanner.maximumNumberSize) characters", at: start)
        }
        // Nearly all numbers are too short to be too large.
        guard mantissaEnd < offset || integerEnd - integer > self.largestMagnitude else { return offset }
        let leading = self.leadingMagnitude(bytes, integer..<integerEnd, mantissaEnd: mantissaEnd)
        guard let leading else { return offset }
        let magnitude = leading + self.exponent(bytes, mantissaEnd..<offset)
        let isFinite =
            magnitude == self.largestMagnitude
            ? Double(bytes.string(start..<offset))?.isFinite == true : magnitude < self.largestMagnitude
        guard isFinite else { throw JSONError("Number out of range", at: start) }
        return offset
    }

    /// The power of ten of the largest double's first digit.
    private static let largestMagnitude = 308

    /// The power of ten of a number's first digit that is no zero, without its exponent; nil for zero.
    private static func leadingMagnitude(_ bytes: Span<UInt8>, _ integer: Range<Int>, mantissaEnd: Int) -> Int? {
        if bytes[integer.lowerBound] != UInt8(ascii: "0") { return integer.count - 1 }
        var offset = integer.upperBound + 1
        while offset < mantissaEnd {
            if bytes[offset] != UInt8(ascii: "0") { return integer.upperBound - offset }
            offset += 1
        }
        return nil
    }

    /// - Parameter range: from the `e` on; empty where there is none.
    /// - Returns: what is far beyond all doubles is cut short.
    private static func exponent(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var number = 0
        for offset in range {
            let byte = bytes[offset]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), number < 1 << 32 else { continue }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return range.count > 1 && bytes[range.lowerBound + 1] == UInt8(ascii: "-") ? -number : number
    }
}
