import Glibc

// The only file of the scanner that reads through pointers. Each function checks its bounds first.

extension Span<UInt8> {
    /// The eight bytes from `offset` on, which must lie inside the span.
    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    func begins(with text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount <= self.count else { return false }
        return unsafe self.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return false }
            return unsafe memcmp(start, text.utf8Start, text.utf8CodeUnitCount) == 0
        }
    }

    func begins(with known: [UInt8]) -> Bool {
        guard known.count <= self.count else { return false }
        return unsafe self.withUnsafeBufferPointer { bytes in
            unsafe known.withUnsafeBufferPointer { known in
                guard let left = bytes.baseAddress, let right = known.baseAddress else { return false }
                return unsafe memcmp(left, right, known.count) == 0
            }
        }
    }

    /// A number that differs for nearly all texts, of all their bytes but the last few.
    func digest(first count: Int) -> Int {
        var digest = UInt64(count)
        var place = 0
        while place + 8 <= count {
            digest = (digest ^ self.word(at: place)) &* 0x9E37_79B9_7F4A_7C15
            digest ^= digest >> 29
            place += 8
        }
        return Int(truncatingIfNeeded: digest)
    }

    /// Whether `text`, of lower-case letters and hyphens, stands at `start`, in either case.
    func holds(lowercase text: StaticString, at start: Int) -> Bool {
        guard start + text.utf8CodeUnitCount <= self.count else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            // Setting bit 0x20 lowers letters, and makes a hyphen of nothing that may stand in a name but the hyphen.
            guard unsafe self[start + index] | 0x20 == text.utf8Start[index] else { return false }
        }
        return true
    }

    func holds(_ text: String, in range: Range<Int>) -> Bool {
        let bytes = self.extracting(range)
        let isEqual = unsafe text.utf8.withContiguousStorageIfAvailable { text in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                guard bytes.count == text.count, let left = text.baseAddress, let right = bytes.baseAddress else {
                    return false
                }
                return unsafe memcmp(left, right, text.count) == 0
            }
        }
        return isEqual ?? false
    }

    /// The bytes, which are ASCII, as text.
    func string(_ range: Range<Int>) -> String {
        unsafe self.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func array(first count: Int) -> [UInt8] {
        unsafe self.extracting(0..<count).withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// A number that differs for most texts. Of their first and last eight bytes: tokens differ at their end.
    ///
    /// - Parameter range: at least eight bytes.
    func digest(_ range: Range<Int>) -> Int {
        let mixed = (self.word(at: range.lowerBound) &* 0x9E37_79B9_7F4A_7C15) ^ self.word(at: range.upperBound - 8)
        let spread = (mixed ^ UInt64(range.count)) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: spread >> 32)
    }

    /// Where the first byte stands that is not printable ASCII; the span's end if there is none.
    func endOfPrintable(from start: Int) -> Int {
        var place = start
        while place + 8 <= self.count {
            let word = self.word(at: place)
            // The top bit of a byte is set where it is below a space, beyond ASCII, or a delete.
            let low = (word &- 0x2020_2020_2020_2020) & ~word
            let delete = ((word ^ 0x7F7F_7F7F_7F7F_7F7F) &- 0x0101_0101_0101_0101) & ~(word ^ 0x7F7F_7F7F_7F7F_7F7F)
            guard (low | word | delete) & 0x8080_8080_8080_8080 == 0 else { break }
            place += 8
        }
        while place < self.count, (0x20...0x7E).contains(self[place]) { place += 1 }
        return place
    }
}
