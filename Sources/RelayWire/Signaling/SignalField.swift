import NIOCore

/// A member that a message of some type has, and what it must be.
struct SignalField: Hashable {
    enum Kind: Hashable {
        /// A string of at most so many bytes.
        case text(Int)
        /// A string as long as the message may be.
        case longText
        /// A whole number from 0 to this.
        case number(UInt64)
        case flag
        /// An array of strings.
        case texts
        /// An array of numbers from 0 to 255.
        case bytes
        case array
        /// Any value but null.
        case any
    }

    let name: String
    let kind: Kind
    /// May be left out, or null.
    let isOptional: Bool

    init(_ name: String, _ kind: Kind, isOptional: Bool = false) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }

    /// - Parameter scanner: has checked `value`.
    func allows(_ value: JSONValue, in scanner: JSONScanner) -> Bool {
        if value.kind == .null { return self.isOptional }
        switch self.kind {
        case .text(let limit): return scanner.text(of: value).map { $0.utf8.count <= limit } ?? false
        case .longText: return value.kind == .string
        case .number(let limit): return scanner.wholeNumber(of: value).map { $0 <= limit } ?? false
        case .flag: return value.kind == .boolean
        case .array: return value.kind == .array
        case .any: return true
        case .texts: return scanner.holdsOnly(value) { $1.kind == .string }
        case .bytes:
            return scanner.holdsOnly(value) { scanner, byte in scanner.wholeNumber(of: byte).map { $0 < 256 } ?? false }
        }
    }
}

extension JSONScanner {
    /// A number without sign, fraction and exponent. Nil for anything else, and for what is too large.
    func wholeNumber(of value: JSONValue) -> UInt64? {
        guard value.kind == .number else { return nil }
        let bytes = self.buffer.readableBytesUInt8Span
        var number: UInt64 = 0
        for offset in value.range {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) else { return nil }
            let (tens, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (next, carried) = tens.addingReportingOverflow(UInt64(bytes[offset] - UInt8(ascii: "0")))
            guard !overflowed, !carried else { return nil }
            number = next
        }
        return number
    }

    /// Whether an array that was checked has only elements that `allows` takes.
    fileprivate func holdsOnly(_ value: JSONValue, _ allows: (JSONScanner, JSONValue) -> Bool) -> Bool {
        guard value.kind == .array else { return false }
        var elements = self.at(value)
        do throws(JSONError) {
            try elements.enterArray()
            while try elements.nextElement() {
                guard allows(self, try elements.value()) else { return false }
            }
            return true
        } catch {
            return false
        }
    }
}
