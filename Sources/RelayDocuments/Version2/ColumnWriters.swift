/// Writes bytes with how often each comes; the last one without.
struct ByteColumnWriter {
    private(set) var bytes: [UInt8] = []
    private var value: UInt8 = 0
    private var count: UInt64 = 0

    mutating func append(_ next: UInt8) {
        guard self.count == 0 || next != self.value else { return self.count += 1 }
        if self.count > 0 { self.bytes.append(uint: self.count - 1) }
        self.bytes.append(next)
        self.value = next
        self.count = 1
    }
}

/// Writes unsigned numbers; one that comes several times as a negative one and a count.
struct NumberColumnWriter {
    private var bytes: [UInt8] = []
    private var value: UInt64 = 0
    private var count: UInt64 = 0

    mutating func append(_ next: UInt64) {
        guard self.count == 0 || next != self.value else { return self.count += 1 }
        self.flush()
        self.value = next
        self.count = 1
    }

    private mutating func flush() {
        guard self.count > 0 else { return }
        self.bytes.append(int: self.value, isNegative: self.count > 1)
        if self.count > 1 { self.bytes.append(uint: self.count - 2) }
    }

    consuming func finish() -> [UInt8] {
        self.flush()
        return self.bytes
    }
}

/// Writes numbers as differences to the one before; one that comes several times with its lowest bit set and a count.
struct DifferenceColumnWriter {
    private var bytes: [UInt8] = []
    private var value: Int64 = 0
    private var difference: Int64 = 0
    private var count: UInt64 = 0

    mutating func append(_ next: UInt32) {
        let step = Int64(next) - self.value
        self.value = Int64(next)
        guard self.count == 0 || step != self.difference else { return self.count += 1 }
        self.flush()
        self.difference = step
        self.count = 1
    }

    private mutating func flush() {
        guard self.count > 0 else { return }
        let number = self.difference * 2 + (self.count > 1 ? 1 : 0)
        self.bytes.append(int: number.magnitude, isNegative: number < 0)
        if self.count > 1 { self.bytes.append(uint: self.count - 2) }
    }

    consuming func finish() -> [UInt8] {
        self.flush()
        return self.bytes
    }
}

/// Writes texts: all in one, and their lengths in UTF-16 code units.
struct TextColumnWriter {
    private var text: [UInt8] = []
    private var lengths = NumberColumnWriter()

    /// - Parameter range: checked to be UTF-8.
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self.text.append(bytes, range)
        self.lengths.append(UInt64((try? bytes.units(range)) ?? 0))
    }

    consuming func finish() -> [UInt8] {
        var column: [UInt8] = []
        column.append(block: self.text)
        column.append(contentsOf: self.lengths.finish())
        return column
    }
}
