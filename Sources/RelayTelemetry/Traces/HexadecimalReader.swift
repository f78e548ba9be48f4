import RelayWire

/// Reads numbers of a fixed number of digits, strictly.
struct HexadecimalReader<Bytes: Collection<UInt8>> {
    private var rest: Bytes.SubSequence

    init(_ bytes: Bytes) {
        self.rest = bytes[...]
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    /// - Parameter digits: at most 16.
    /// - Returns: nil where one of them is none: capitals are none either.
    mutating func number(digits: Int) -> UInt64? {
        var number: UInt64 = 0
        for _ in 0..<digits {
            guard let byte = self.rest.popFirst(), let digit = Hexadecimal.value(of: byte, capitals: false) else {
                return nil
            }
            number = number << 4 | UInt64(digit)
        }
        return number
    }

    mutating func hyphen() -> Bool { self.rest.popFirst() == UInt8(ascii: "-") }
}
