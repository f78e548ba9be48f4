/// Where a ``MessagePackReader`` stands. Knows no buffer: the bytes are lent to it with each call.
struct MessagePackPlace {
    var offset = 0

    /// See ``MessagePackReader/head()``.
    mutating func head(_ bytes: Span<UInt8>) throws(MessagePackError) -> MessagePackHead {
        let form = UInt8(truncatingIfNeeded: try self.number(bytes, width: 1))
        switch form {
        case 0x00...0x7F: return .unsigned(UInt64(form))
        case 0x80...0x8F: return .map(count: try self.checked(bytes, UInt64(form & 0x0F), pairs: true))
        case 0x90...0x9F: return .array(count: try self.checked(bytes, UInt64(form & 0x0F)))
        case 0xA0...0xBF: return .string(size: try self.checked(bytes, UInt64(form & 0x1F)))
        case 0xC0: return .null
        case 0xC2, 0xC3: return .boolean(form == 0xC3)
        case 0xC4...0xC6: return .binary(size: try self.length(bytes, width: 1 << (form - 0xC4)))
        case 0xC7...0xC9: return .extended(size: try self.length(bytes, width: 1 << (form - 0xC7), isExtended: true))
        case 0xCA: return .float(Double(Float(bitPattern: UInt32(try self.number(bytes, width: 4)))))
        case 0xCB: return .float(Double(bitPattern: try self.number(bytes, width: 8)))
        case 0xCC...0xCF: return .unsigned(try self.number(bytes, width: 1 << (form - 0xCC)))
        case 0xD0...0xD3: return try self.signed(bytes, width: 1 << (form - 0xD0))
        case 0xD4...0xD8: return .extended(size: try self.checked(bytes, 1 + 1 << UInt64(form - 0xD4)))
        case 0xD9...0xDB: return .string(size: try self.length(bytes, width: 1 << (form - 0xD9)))
        case 0xDC, 0xDD: return .array(count: try self.length(bytes, width: form == 0xDC ? 2 : 4))
        case 0xDE, 0xDF: return .map(count: try self.length(bytes, width: form == 0xDE ? 2 : 4, pairs: true))
        case 0xC1: throw MessagePackError("a form that does not exist")
        default: return .negative(Int64(Int8(bitPattern: form)))
        }
    }

    /// Takes what a head has announced.
    mutating func take(_ bytes: Span<UInt8>, size: Int) throws(MessagePackError) -> Range<Int> {
        guard size <= bytes.count - self.offset else { throw .truncated }
        defer { self.offset += size }
        return self.offset..<self.offset + size
    }

    /// - Parameter depth: how many containers the value lies in.
    mutating func skip(_ bytes: Span<UInt8>, depth: Int = 0) throws(MessagePackError) {
        var values = 0
        switch try self.head(bytes) {
        case .null, .boolean, .unsigned, .negative, .float: return
        case .string(let size), .binary(let size), .extended(let size):
            self.offset += size
            return
        case .array(let count): values = count
        case .map(let count): values = 2 * count
        }
        guard depth < MessagePackReader.maximumDepth else { throw .tooDeep }
        while values > 0 {
            try self.skip(bytes, depth: depth + 1)
            values -= 1
        }
    }

    // MARK: Numbers and lengths

    /// The next bytes, the first the highest.
    ///
    /// - Parameter width: up to 8.
    private mutating func number(_ bytes: Span<UInt8>, width: Int) throws(MessagePackError) -> UInt64 {
        guard width <= bytes.count - self.offset else { throw .truncated }
        var number: UInt64 = 0
        for offset in self.offset..<self.offset + width { number = number << 8 | UInt64(bytes[offset]) }
        self.offset += width
        return number
    }

    private mutating func signed(_ bytes: Span<UInt8>, width: Int) throws(MessagePackError) -> MessagePackHead {
        let unused = 64 - 8 * width
        let number = Int64(bitPattern: try self.number(bytes, width: width) << UInt64(unused)) >> Int64(unused)
        return number < 0 ? .negative(number) : .unsigned(UInt64(number))
    }

    /// A length that comes next, in bytes or values.
    ///
    /// - Parameters:
    ///   - isExtended: whether a byte belongs to the value that the length does not count.
    ///   - pairs: whether the length counts pairs of values.
    private mutating func length(
        _ bytes: Span<UInt8>,
        width: Int,
        isExtended: Bool = false,
        pairs: Bool = false
    ) throws(MessagePackError) -> Int {
        let length = try self.number(bytes, width: width)
        return try self.checked(bytes, isExtended ? length + 1 : length, pairs: pairs)
    }

    /// Refuses a length that the bytes left can't hold: each value takes one byte at least.
    ///
    /// - Parameter pairs: whether the length counts pairs of values.
    private func checked(_ bytes: Span<UInt8>, _ length: UInt64, pairs: Bool = false) throws(MessagePackError) -> Int {
        guard (pairs ? 2 * length : length) <= bytes.count - self.offset else { throw .truncated }
        return Int(length)
    }
}
