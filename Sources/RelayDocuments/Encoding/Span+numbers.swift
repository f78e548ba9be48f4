// Reading of lib0's encodings. Each function moves `offset` behind what it has read. After an error the offset
// means nothing. The only file of the target that reads through pointers: bounds are checked first.

extension Span<UInt8> {
    /// The byte at `offset`, which must lie inside.
    @inline(__always)
    func loadByte(_ offset: Int) -> UInt8 {
        self[offset]
    }

    /// The eight bytes from `offset` on, which must lie inside, the first one lowest.
    @inline(__always)
    func loadWord(_ offset: Int) -> UInt64 {
        // The span checks the bounds, and any bytes make an integer.
        UInt64(littleEndian: unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Whether the 32 bytes from `offset` on, which must lie inside, are all ASCII.
    @inline(__always)
    func isPlain(_ offset: Int) -> Bool {
        let words = unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
        return (words[0] | words[1] | words[2] | words[3]) & 0x8080_8080_8080_8080 == 0
    }

    @inline(__always)
    func byte(at offset: inout Int) throws(DocumentError) -> UInt8 {
        guard offset < self.count else { throw .truncated }
        let byte = self.loadByte(offset)
        offset &+= 1
        return byte
    }

    /// An unsigned number up to 2^53 - 1. Longer forms than the shortest are taken, up to ten bytes.
    @inline(__always)
    func uint(at offset: inout Int) throws(DocumentError) -> UInt64 {
        let first = try self.byte(at: &offset)
        guard first >= 0x80 else { return UInt64(first) }
        return try self.rest(of: UInt64(first & 0x7F), shift: 7, at: &offset)
    }

    /// A signed number as its magnitude and sign, because there is a negative zero.
    func int(at offset: inout Int) throws(DocumentError) -> (magnitude: UInt64, isNegative: Bool) {
        let first = try self.byte(at: &offset)
        var magnitude = UInt64(first & 0x3F)
        if first & 0x80 != 0 { magnitude = try self.rest(of: magnitude, shift: 6, at: &offset) }
        return (magnitude, first & 0x40 != 0)
    }

    private func rest(of low: UInt64, shift start: UInt64, at offset: inout Int) throws(DocumentError) -> UInt64 {
        var number = low
        var shift = start
        while true {
            let byte = try self.byte(at: &offset)
            guard shift < 64 else { throw .numberTooLarge }
            let group = UInt64(byte & 0x7F)
            // The highest bits that a shift would lose stand for numbers far too large.
            guard group == 0 || shift <= 56 else { throw .numberTooLarge }
            number |= group &<< shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard number <= DocumentLimits.maxNumber else { throw .numberTooLarge }
        return number
    }

    /// A clock or a length of clocks, up to 2^32 - 1.
    @inline(__always)
    func clock(at offset: inout Int) throws(DocumentError) -> UInt32 {
        guard let clock = UInt32(exactly: try self.uint(at: &offset)) else { throw .clockTooLarge }
        return clock
    }

    /// How many elements follow, each of which takes at least `size` bytes. More than can be there is refused.
    func count(of size: Int, at offset: inout Int) throws(DocumentError) -> Int {
        let count = try self.uint(at: &offset)
        guard count <= UInt64((self.count - offset) / size) else { throw .truncated }
        return Int(count)
    }

    /// A number of bytes, and where these are.
    func block(at offset: inout Int) throws(DocumentError) -> Range<Int> {
        let count = try self.count(of: 1, at: &offset)
        let start = offset
        offset += count
        return start..<offset
    }

    func skip(_ count: Int, at offset: inout Int) throws(DocumentError) {
        guard count <= self.count - offset else { throw .truncated }
        offset += count
    }

    func expectEnd(at offset: Int) throws(DocumentError) {
        guard offset == self.count else { throw .trailingBytes }
    }

    /// The bytes as an array of their own.
    func copy(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        bytes.append(self, range)
        return bytes
    }

    func isSame(_ range: Range<Int>, as other: [UInt8]) -> Bool {
        guard range.count == other.count else { return false }
        for index in 0..<other.count where self.loadByte(range.lowerBound + index) != other[index] { return false }
        return true
    }
}

extension Array<UInt8> {
    /// Appends a part of `bytes`, which must lie inside.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }
}
