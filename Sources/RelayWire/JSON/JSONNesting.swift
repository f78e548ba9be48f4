/// Which containers a scanner is inside of: one bit a level, so that no nesting costs memory.
struct JSONNesting {
    /// The level that the walk began at.
    private let floor: Int
    private var depth: Int
    /// The innermost container is the lowest bit: set for an object, clear for an array.
    private var kinds: UInt128 = 0

    init(floor: Int) {
        self.floor = floor
        self.depth = floor
    }

    var isEmpty: Bool { self.depth == self.floor }

    var isInObject: Bool { self.kinds & 1 == 1 }

    mutating func open(object: Bool, at offset: Int) throws(JSONError) {
        guard self.depth < JSONScanner.maximumDepth else { throw JSONError("Nested too deep", at: offset) }
        self.depth += 1
        self.kinds = self.kinds << 1 | (object ? 1 : 0)
    }

    mutating func close() {
        self.depth -= 1
        self.kinds >>= 1
    }
}
