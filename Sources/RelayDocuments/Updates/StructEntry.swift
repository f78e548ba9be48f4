/// Where a struct is, and which clocks it covers. 20 bytes each, as a loaded document has one for each of its structs.
///
/// Skips have none: a hole is what no entry covers.
struct StructEntry: Hashable, Sendable {
    /// The first clock that it covers.
    let clock: UInt32
    /// How many clocks it covers, at least 1. `clock + length` is at most 2^32 - 1.
    let length: UInt32
    /// Of its first byte in its segment.
    var offset: UInt32
    /// In bytes.
    var size: UInt32
    /// The segment above, and the struct's first byte in the lowest 8 bits.
    private var packed: UInt32

    init(clock: UInt32, length: UInt32, bytes: Range<Int>, segment: Int = 0, info: UInt8) {
        self.clock = clock
        self.length = length
        self.offset = UInt32(bytes.lowerBound)
        self.size = UInt32(bytes.count)
        self.packed = UInt32(segment) << 8 | UInt32(info)
    }

    var end: UInt32 { self.clock + self.length }
    var bytes: Range<Int> { Int(self.offset)..<Int(self.offset) + Int(self.size) }
    var info: UInt8 { UInt8(truncatingIfNeeded: self.packed) }
    var kind: UInt8 { self.info & StructInfo.kindMask }

    /// Which of a document's or a merge's byte segments it is in, up to 2^24 - 1.
    var segment: Int {
        get { Int(self.packed >> 8) }
        set { self.packed = UInt32(newValue) << 8 | self.packed & 0xFF }
    }
}

/// The first byte of a struct.
enum StructInfo {
    static let kindMask: UInt8 = 0x1F
    static let leftOrigin: UInt8 = 0x80
    static let rightOrigin: UInt8 = 0x40
    static let key: UInt8 = 0x20

    static let gc: UInt8 = 0
    static let deleted: UInt8 = 1
    static let json: UInt8 = 2
    static let binary: UInt8 = 3
    static let text: UInt8 = 4
    static let embed: UInt8 = 5
    static let format: UInt8 = 6
    static let type: UInt8 = 7
    static let values: UInt8 = 8
    static let subdocument: UInt8 = 9
    static let skip: UInt8 = 10

    /// The kinds of shared types (content 7) that readers differ in.
    enum SharedType {
        /// Yjs has a table of these, and throws at any other: it can't read the document then.
        static let ofYjs: ClosedRange<UInt64> = 0...6
        static let element: UInt64 = 3
        static let hook: UInt64 = 5
        // What only Yrs has.
        static let weakLink: UInt64 = 7
        static let document: UInt64 = 9
        static let undefined: UInt64 = 15
    }
}
