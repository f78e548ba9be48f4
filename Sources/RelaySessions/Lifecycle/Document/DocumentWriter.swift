import RelayWire

/// Writes the parts of a stored session. Numbers are big-endian. A text has its length in two bytes before it, longer bytes in four.
/// What may be missing has a byte before it, 0 or 1.
struct DocumentWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(raw: some Sequence<UInt8>) {
        self.bytes.append(contentsOf: raw)
    }

    mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            self.bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    mutating func write(_ flag: Bool) {
        self.bytes.append(flag ? 1 : 0)
    }

    mutating func write(_ moment: Timestamp) {
        self.write(moment.microseconds)
    }

    mutating func write<Kind>(_ name: BoundedName<Kind>) {
        self.write(UInt16(name.text.utf8.count))
        self.write(raw: name.text.utf8)
    }

    mutating func write(blob: [UInt8]) {
        self.write(UInt32(blob.count))
        self.write(raw: blob)
    }

    mutating func write<Value>(optional value: Value?, _ body: (inout Self, Value) -> Void) {
        self.write(value != nil)
        if let value { body(&self, value) }
    }

    /// - Parameter list: at most 65,535 of them.
    mutating func write<Value>(list: [Value], _ body: (inout Self, Value) -> Void) {
        self.write(UInt16(list.count))
        for value in list { body(&self, value) }
    }
}
