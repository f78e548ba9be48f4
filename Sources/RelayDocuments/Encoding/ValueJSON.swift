/// Turns values of lib0 into JSON, for what is a value in version 2 and JSON text in version 1.
enum ValueJSON {
    /// Reads one value.
    ///
    /// Undefined, and numbers that JSON has not, become null, as in JavaScript; bytes an object with the places as keys.
    static func json(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) -> [UInt8] {
        // Checked first: nothing below has to look for an end, or at how deep it is.
        var end = offset
        try bytes.skipValue(at: &end)
        var output: [UInt8] = []
        try self.write(bytes, &offset, to: &output)
        return output
    }

    /// Appends the JSON of one value that was checked.
    static func write(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        to output: inout [UInt8]
    ) throws(DocumentError) {
        switch try bytes.byte(at: &offset) {
        case ValueTag.integer:
            let (magnitude, isNegative) = try bytes.int(at: &offset)
            if isNegative, magnitude > 0 { output.append(UInt8(ascii: "-")) }
            output.append(contentsOf: String(magnitude).utf8)
        case ValueTag.float:
            let bits = UInt32(truncatingIfNeeded: try bytes.bigEndian(4, at: &offset))
            self.write(Double(Float(bitPattern: bits)), to: &output)
        case ValueTag.double: self.write(Double(bitPattern: try bytes.bigEndian(8, at: &offset)), to: &output)
        case ValueTag.bigInteger:
            let bits = try bytes.bigEndian(8, at: &offset)
            output.append(contentsOf: String(Int64(bitPattern: bits)).utf8)
        case ValueTag.no: output.append(contentsOf: "false".utf8)
        case ValueTag.yes: output.append(contentsOf: "true".utf8)
        case ValueTag.text: self.write(text: bytes, try bytes.block(at: &offset), to: &output)
        case ValueTag.object: try self.writeObject(bytes, &offset, to: &output)
        case ValueTag.array: try self.writeArray(bytes, &offset, to: &output)
        case ValueTag.bytes: self.write(bytes: bytes, try bytes.block(at: &offset), to: &output)
        default: output.append(contentsOf: "null".utf8)
        }
    }

    private static func write(_ number: Double, to output: inout [UInt8]) {
        guard number.isFinite else { return output.append(contentsOf: "null".utf8) }
        let text = number.description
        output.append(contentsOf: (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8)
    }

    private static func writeObject(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        to output: inout [UInt8]
    ) throws(DocumentError) {
        output.append(UInt8(ascii: "{"))
        for index in 0..<(try bytes.uint(at: &offset)) {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            self.write(text: bytes, try bytes.block(at: &offset), to: &output)
            output.append(UInt8(ascii: ":"))
            try self.write(bytes, &offset, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func writeArray(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        to output: inout [UInt8]
    ) throws(DocumentError) {
        output.append(UInt8(ascii: "["))
        for index in 0..<(try bytes.uint(at: &offset)) {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            try self.write(bytes, &offset, to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    static func write(bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, place) in range.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: "\"\(index)\":\(bytes[place])".utf8)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func write(text bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        self.escape(bytes, range, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends text as it stands inside a JSON string.
    static func escape(_ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        for place in range {
            switch bytes[place] {
            case UInt8(ascii: "\""): output.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\\"): output.append(contentsOf: #"\\"#.utf8)
            case let byte where byte < 0x20:
                let digits = String(byte, radix: 16)
                output.append(contentsOf: (byte < 0x10 ? #"\u000"# : #"\u00"#).utf8)
                output.append(contentsOf: digits.utf8)
            case let byte: output.append(byte)
            }
        }
    }
}

extension Span<UInt8> {
    /// - Parameter size: in bytes, up to 8.
    fileprivate func bigEndian(_ size: Int, at offset: inout Int) throws(DocumentError) -> UInt64 {
        var bits: UInt64 = 0
        for _ in 0..<size { bits = bits << 8 | UInt64(try self.byte(at: &offset)) }
        return bits
    }
}
