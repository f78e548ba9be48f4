import NIOCore

/// What a reply is put into: the buffer itself, or a count of the bytes it will take.
///
/// A reply's layout is written once, and both its size and its bytes come from it, so that they can't differ.
protocol JSONSink {
    mutating func put(_ text: StaticString)
    /// A string in quotes, escaped where needed.
    mutating func put(text: String)
    /// JSON as it is.
    mutating func put(json: ByteBuffer)
    /// Decimal digits.
    mutating func put(_ number: UInt64)
    /// An id in quotes.
    mutating func put(_ id: MessageID)
    /// A moment in quotes.
    mutating func put(_ moment: Timestamp)
}

extension JSONSink {
    /// Null where there is no id.
    mutating func put(_ id: MessageID?) {
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
    mutating func put(_ number: UInt64) { self.bytes += number.decimalSize }
    mutating func put(_ id: MessageID) { self.bytes += id.textSize + 2 }
    mutating func put(_ moment: Timestamp) { self.bytes += Timestamp.textSize + 2 }
}

extension ByteBuffer: JSONSink {
    mutating func put(_ text: StaticString) { self.writeStaticString(text) }
    mutating func put(text: String) { self.writeJSONString(text) }
    mutating func put(json: ByteBuffer) { self.writeImmutableBuffer(json) }
    mutating func put(_ number: UInt64) { self.writeDecimal(number) }

    mutating func put(_ id: MessageID) {
        self.writeStaticString("\"")
        self.writeMessageID(id)
        self.writeStaticString("\"")
    }

    mutating func put(_ moment: Timestamp) {
        self.writeStaticString("\"")
        self.writeTimestamp(moment)
        self.writeStaticString("\"")
    }
}
