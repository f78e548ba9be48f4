extension Span<UInt8> {
    /// A string: its bytes, checked to be UTF-8, and its length in UTF-16 code units, which is what the format counts in.
    func text(at offset: inout Int) throws(DocumentError) -> (bytes: Range<Int>, units: Int) {
        let bytes = try self.block(at: &offset)
        return (bytes, try self.units(bytes))
    }

    /// A string that holds JSON. Returns its bytes.
    func json(at offset: inout Int) throws(DocumentError) -> Range<Int> {
        let (bytes, _) = try self.text(at: &offset)
        try JSONCheck.check(self, bytes)
        return bytes
    }

    /// What stands for a value that JSON has not, where JSON is expected.
    static let undefined = Array("undefined".utf8)

    /// How many UTF-16 code units the UTF-8 text in `range` has.
    ///
    /// - Throws: `invalidText` for all that the Unicode Standard's table 3-7 does not list: overlong forms, surrogates, numbers above
    ///   U+10FFFF, parts of a scalar.
    func units(_ range: Range<Int>) throws(DocumentError) -> Int {
        var offset = range.lowerBound
        let end = range.upperBound
        var units = 0
        while offset < end {
            if offset &+ 32 <= end, self.isPlain(offset) {
                offset &+= 32
                units &+= 32
                continue
            }
            if offset &+ 8 <= end {
                // The bytes in front of the first that is not ASCII: all eight if there is none.
                let plain = (self.loadWord(offset) & 0x8080_8080_8080_8080).trailingZeroBitCount / 8
                offset &+= plain
                units &+= plain
                if plain == 8 { continue }
            }
            let size = try self.scalarSize(at: offset, end: end)
            offset &+= size
            units &+= size == 4 ? 2 : 1
        }
        return units
    }

    private func scalarSize(at offset: Int, end: Int) throws(DocumentError) -> Int {
        let first = self.loadByte(offset)
        guard first >= 0x80 else { return 1 }
        let size: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: size = 2
        case 0xE0: (size, second) = (3, 0xA0...0xBF)
        case 0xED: (size, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: size = 3
        case 0xF0: (size, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: size = 4
        case 0xF4: (size, second) = (4, 0x80...0x8F)
        default: throw .invalidText
        }
        guard offset + size <= end, second.contains(self.loadByte(offset + 1)) else { throw .invalidText }
        for place in 2..<max(size, 2) {
            guard self.loadByte(offset + place) & 0xC0 == 0x80 else { throw .invalidText }
        }
        return size
    }

    /// Moves a place in text that was checked forward to a place in UTF-16 code units.
    ///
    /// - Parameters:
    ///   - place: where to start, and where the walk ended. It never ends inside a scalar: where `units` is the middle of one of four
    ///     bytes, it stops in front of that, one unit before.
    ///   - units: where to go, not before `place`.
    func walk(_ place: inout TextPlace, to units: Int) {
        while place.units < units {
            if units - place.units >= 8, place.offset + 8 <= self.count,
                self.loadWord(place.offset) & 0x8080_8080_8080_8080 == 0
            {
                place.offset += 8
                place.units += 8
                continue
            }
            switch self.loadByte(place.offset) {
            case ..<0x80: place.offset += 1
            case ..<0xE0: place.offset += 2
            case ..<0xF0: place.offset += 3
            default:
                guard place.units + 2 <= units else { return }
                place.offset += 4
                place.units += 1
            }
            place.units += 1
        }
    }
}

/// A place between two scalars of a text, or between two elements of a list.
struct TextPlace: Sendable {
    /// In bytes.
    var offset: Int
    /// In UTF-16 code units or elements, from the start of the content.
    var units: Int
}
