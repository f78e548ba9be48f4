/// Reads hexadecimal digits. `String.init(hexadecimal:)` writes them.
public enum Hexadecimal {
    /// The value of a digit.
    ///
    /// - Parameters:
    ///   - digit: a byte of ASCII.
    ///   - capitals: whether `A` to `F` are digits, beside `a` to `f`.
    /// - Returns: 0 to 15; nil for what is no digit.
    public static func value(of digit: UInt8, capitals: Bool = true) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F") where capitals: digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The bytes that a text stands for.
    ///
    /// - Parameters:
    ///   - text: may be anything.
    ///   - capitals: whether `A` to `F` are digits, beside `a` to `f`.
    /// - Returns: nil unless all are digits, two for each byte.
    public static func bytes(_ text: some Collection<UInt8>, capitals: Bool = true) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var rest = text[...]
        while let first = rest.popFirst(), let second = rest.popFirst() {
            guard let high = self.value(of: first, capitals: capitals),
                let low = self.value(of: second, capitals: capitals)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// Two digits, in lower case.
    fileprivate static func append(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(self.digit(byte >> 4))
        text.append(self.digit(byte & 15))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension String {
    /// Two digits for each byte, in lower case.
    public init(hexadecimal bytes: some Sequence<UInt8>) {
        var text: [UInt8] = []
        for byte in bytes { Hexadecimal.append(byte, to: &text) }
        self.init(decoding: text, as: UTF8.self)
    }

    /// 16 digits, in lower case.
    public init(hexadecimal number: UInt64) {
        self.init(hexadecimal: (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
    }
}
