extension ValueJSON {
    /// Appends the value that JSON stands for, in lib0's encoding.
    ///
    /// - Parameter range: JSON that was checked.
    static func append(json bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        var reader = CheckedJSON(offset: range.lowerBound, end: range.upperBound)
        reader.value(bytes, into: &output)
    }
}

/// Reads JSON that ``JSONCheck`` found good.
private struct CheckedJSON {
    var offset: Int
    let end: Int

    /// The next byte that is no white space, or 0 at the end.
    private mutating func peek(_ bytes: Span<UInt8>) -> UInt8 {
        while self.offset < self.end {
            switch bytes[self.offset] {
            case 0x20, 0x09, 0x0A, 0x0D: self.offset += 1
            case let byte: return byte
            }
        }
        return 0
    }

    mutating func value(_ bytes: Span<UInt8>, into output: inout [UInt8]) {
        switch self.peek(bytes) {
        case UInt8(ascii: "{"):
            output.append(ValueTag.object)
            self.elements(bytes, until: UInt8(ascii: "}"), into: &output) { reader, bytes, part in
                part.append(block: reader.text(bytes))
                _ = reader.peek(bytes)
                reader.offset += 1
                reader.value(bytes, into: &part)
            }
        case UInt8(ascii: "["):
            output.append(ValueTag.array)
            self.elements(bytes, until: UInt8(ascii: "]"), into: &output) { reader, bytes, part in
                reader.value(bytes, into: &part)
            }
        case UInt8(ascii: "\""):
            output.append(ValueTag.text)
            output.append(block: self.text(bytes))
        case UInt8(ascii: "t"): self.word(4, ValueTag.yes, into: &output)
        case UInt8(ascii: "f"): self.word(5, ValueTag.no, into: &output)
        case UInt8(ascii: "n"): self.word(4, ValueTag.null, into: &output)
        default: self.number(bytes, into: &output)
        }
    }

    private mutating func word(_ size: Int, _ tag: UInt8, into output: inout [UInt8]) {
        self.offset += size
        output.append(tag)
    }

    /// The count comes first, so the elements are written apart.
    private mutating func elements(
        _ bytes: Span<UInt8>,
        until close: UInt8,
        into output: inout [UInt8],
        _ element: (inout CheckedJSON, Span<UInt8>, inout [UInt8]) -> Void
    ) {
        self.offset += 1
        var count: UInt64 = 0
        var part: [UInt8] = []
        while self.peek(bytes) != close, self.offset < self.end {
            element(&self, bytes, &part)
            count += 1
            if self.peek(bytes) == UInt8(ascii: ",") { self.offset += 1 }
        }
        self.offset += 1
        output.append(uint: count)
        output.append(contentsOf: part)
    }

    // MARK: Numbers

    private mutating func number(_ bytes: Span<UInt8>, into output: inout [UInt8]) {
        let start = self.offset
        while self.offset < self.end, Self.isOfNumber(bytes[self.offset]) { self.offset += 1 }
        let text = String(decoding: bytes.copy(start..<self.offset), as: UTF8.self)
        let number = Double(text) ?? 0
        if number == number.rounded(), number.magnitude <= 0x7FFF_FFFF {
            output.append(ValueTag.integer)
            output.append(int: UInt64(number.magnitude), isNegative: number.sign == .minus)
        } else if Double(Float(number)) == number {
            output.append(ValueTag.float)
            output.append(bigEndian: Float(number).bitPattern)
        } else {
            output.append(ValueTag.double)
            output.append(bigEndian: number.bitPattern)
        }
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: false
        }
    }

    // MARK: Texts

    /// The UTF-8 of a string, its escapes resolved.
    private mutating func text(_ bytes: Span<UInt8>) -> [UInt8] {
        _ = self.peek(bytes)
        self.offset += 1
        var text: [UInt8] = []
        while self.offset < self.end {
            let byte = bytes[self.offset]
            self.offset += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): self.escape(bytes, into: &text)
            default: text.append(byte)
            }
        }
        return text
    }

    private mutating func escape(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        let byte = bytes[self.offset]
        self.offset += 1
        switch byte {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): self.unit(bytes, into: &text)
        default: text.append(byte)
        }
    }

    /// A UTF-16 code unit; with the one that follows, where the two are a pair. Half a pair becomes U+FFFD, as in JavaScript's encoder.
    private mutating func unit(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        let unit = self.hex(bytes)
        var scalar = Unicode.Scalar(unit)
        if 0xD800..<0xDC00 ~= unit, self.offset + 6 <= self.end, bytes[self.offset] == UInt8(ascii: "\\"),
            bytes[self.offset + 1] == UInt8(ascii: "u")
        {
            let before = self.offset
            self.offset += 2
            let low = self.hex(bytes)
            if 0xDC00..<0xE000 ~= low {
                scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            } else {
                self.offset = before
            }
        }
        text.append(contentsOf: String(Character(scalar ?? "\u{FFFD}")).utf8)
    }

    private mutating func hex(_ bytes: Span<UInt8>) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[self.offset]
            unit = unit << 4 | UInt32(byte <= UInt8(ascii: "9") ? byte & 0xF : byte & 0xF + 9)
            self.offset += 1
        }
        return unit
    }
}
