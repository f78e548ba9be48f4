// What version 2 of the update format keeps apart: each kind of number in a column of its own, with runs of equal ones shortened.
// A column's end may stand for endless repetition, so that only the caller can bound what is read.

/// Bytes, each with how often it comes; the last one comes for ever.
struct ByteColumnReader {
    private var offset: Int
    private let end: Int
    private var value: UInt8 = 0
    /// How often the value still comes. nil: for ever.
    private var left: UInt64? = 0

    init(_ range: Range<Int>) {
        self.offset = range.lowerBound
        self.end = range.upperBound
    }

    mutating func next(_ bytes: Span<UInt8>) throws(DocumentError) -> UInt8 {
        if self.left == 0 {
            let column = bytes.extracting(0..<self.end)
            self.value = try column.byte(at: &self.offset)
            self.left = self.offset < self.end ? try column.uint(at: &self.offset) + 1 : nil
        }
        if let left = self.left { self.left = left - 1 }
        return self.value
    }
}

/// Unsigned numbers. A negative one says that a count follows.
struct NumberColumnReader {
    private var offset: Int
    private let end: Int
    private var value: UInt64 = 0
    private var left: UInt64 = 0

    init(_ range: Range<Int>) {
        self.offset = range.lowerBound
        self.end = range.upperBound
    }

    mutating func next(_ bytes: Span<UInt8>) throws(DocumentError) -> UInt64 {
        if self.left == 0 {
            let column = bytes.extracting(0..<self.end)
            let (magnitude, isNegative) = try column.int(at: &self.offset)
            self.value = magnitude
            self.left = isNegative ? try column.uint(at: &self.offset) + 2 : 1
        }
        self.left -= 1
        return self.value
    }

    mutating func nextClock(_ bytes: Span<UInt8>) throws(DocumentError) -> UInt32 {
        guard let clock = UInt32(exactly: try self.next(bytes)) else { throw .clockTooLarge }
        return clock
    }
}

/// Numbers as differences to the one before. The lowest bit of a difference says that a count follows.
struct DifferenceColumnReader {
    private var offset: Int
    private let end: Int
    private var value: Int64 = 0
    private var difference: Int64 = 0
    private var left: UInt64 = 0

    init(_ range: Range<Int>) {
        self.offset = range.lowerBound
        self.end = range.upperBound
    }

    mutating func nextClock(_ bytes: Span<UInt8>) throws(DocumentError) -> UInt32 {
        if self.left == 0 {
            let column = bytes.extracting(0..<self.end)
            let (magnitude, isNegative) = try column.int(at: &self.offset)
            let number = isNegative ? -Int64(magnitude) : Int64(magnitude)
            // The shift rounds down, below 0 too.
            self.difference = number >> 1
            self.left = number & 1 != 0 ? try column.uint(at: &self.offset) + 2 : 1
        }
        self.left -= 1
        // Neither number has more than 54 bits.
        self.value += self.difference
        guard let clock = UInt32(exactly: self.value) else { throw .clockTooLarge }
        return clock
    }
}

/// Texts, all in one, and their lengths in UTF-16 code units.
struct TextColumnReader {
    private var place: TextPlace
    private let units: Int
    private var lengths: NumberColumnReader
    /// Whether the place is in the middle of a pair, of which the first half was read.
    private var isInPair = false

    /// - Parameter range: checked to be UTF-8 here.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(DocumentError) {
        let column = bytes.extracting(0..<range.upperBound)
        var offset = range.lowerBound
        let (text, units) = try column.text(at: &offset)
        self.place = TextPlace(offset: text.lowerBound, units: 0)
        self.units = units
        self.lengths = NumberColumnReader(offset..<range.upperBound)
    }

    /// Appends the next text to `output`, with its size in front. A half of a pair becomes U+FFFD, as in a split struct.
    mutating func next(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(DocumentError) {
        let length = try self.lengths.next(bytes)
        let start = self.place.units + (self.isInPair ? 1 : 0)
        guard length <= UInt64(self.units - start) else { throw .truncated }
        let end = start + Int(length)
        guard end > start else { return output.append(0) }
        let hasHalfInFront = self.isInPair
        if self.isInPair {
            self.place = TextPlace(offset: self.place.offset + 4, units: self.place.units + 2)
            self.isInPair = false
        }
        let first = self.place.offset
        bytes.walk(&self.place, to: end)
        self.isInPair = self.place.units < end
        let halves = (hasHalfInFront ? 1 : 0) + (self.isInPair ? 1 : 0)
        output.append(uint: UInt64(self.place.offset - first + 3 * halves))
        if hasHalfInFront { output.append(contentsOf: TextPart.half) }
        output.append(bytes, first..<self.place.offset)
        if self.isInPair { output.append(contentsOf: TextPart.half) }
    }
}
