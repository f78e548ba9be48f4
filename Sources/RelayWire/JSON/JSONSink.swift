import NIOCore

/// What a reply is put into: memory, or a count of the bytes it will take.
///
/// A reply's layout is written once, and both its size and its bytes come from it, so that they can't differ.
protocol JSONSink: ~Copyable, ~Escapable {
    mutating func put(_ text: StaticString)
    /// A string in quotes, escaped where needed.
    mutating func put(text: String)
    /// JSON as it is.
    mutating func put(json: ByteBuffer)
    /// Bytes as base64 in quotes.
    mutating func put(base64: ByteBuffer)
    /// Decimal digits.
    mutating func put(_ number: UInt64)
    /// An id in quotes.
    mutating func put(_ id: MessageID)
    /// A moment in quotes.
    mutating func put(_ moment: Timestamp)
}

extension JSONSink where Self: ~Copyable & ~Escapable {
    /// Null where there is no id.
    mutating func put(idOrNull id: MessageID?) {
        if let id { self.put(id) } else { self.put("null") }
    }

    mutating func put(textOrNull text: String?) {
        if let text { self.put(text: text) } else { self.put("null") }
    }

    mutating func put(count: Int) {
        self.put(UInt64(max(0, count)))
    }

    /// `entries` with commas between them.
    mutating func putList<Entries: Collection>(_ entries: Entries, _ putEntry: (Entries.Element, inout Self) -> Void) {
        var isFirst = true
        for entry in entries {
            if !isFirst { self.put(",") }
            isFirst = false
            putEntry(entry, &self)
        }
    }
}

/// Counts what a ``JSONSink`` would be given.
struct JSONSize: JSONSink {
    private(set) var bytes = 0

    static func of(_ put: (inout JSONSize) -> Void) -> Int {
        var size = JSONSize()
        put(&size)
        return size.bytes
    }

    mutating func put(_ text: StaticString) { self.bytes += text.utf8CodeUnitCount }
    mutating func put(text: String) { self.bytes += text.jsonSize }
    mutating func put(json: ByteBuffer) { self.bytes += json.readableBytes }
    mutating func put(base64: ByteBuffer) { self.bytes += Base64.textSize(of: base64.readableBytes) + 2 }
    mutating func put(_ number: UInt64) { self.bytes += number.decimalSize }
    mutating func put(_ id: MessageID) { self.bytes += id.textSize + 2 }
    mutating func put(_ moment: Timestamp) { self.bytes += Timestamp.textSize + 2 }
}

extension OutputRawSpan: JSONSink {
    mutating func put(_ text: StaticString) { self.append(literal: text) }
    mutating func put(text: String) { self.append(jsonString: text) }
    mutating func put(json: ByteBuffer) { self.append(bytes: json.readableBytesSpan) }

    mutating func put(base64: ByteBuffer) {
        self.append(UInt8(ascii: "\""))
        self.append(base64: base64.readableBytesUInt8Span)
        self.append(UInt8(ascii: "\""))
    }

    mutating func put(_ number: UInt64) { self.append(decimal: number) }

    mutating func put(_ id: MessageID) {
        self.append(UInt8(ascii: "\""))
        self.append(id)
        self.append(UInt8(ascii: "\""))
    }

    mutating func put(_ moment: Timestamp) {
        self.append(UInt8(ascii: "\""))
        self.append(moment)
        self.append(UInt8(ascii: "\""))
    }
}
