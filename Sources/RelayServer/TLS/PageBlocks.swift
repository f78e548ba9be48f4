import Glibc

/// Blocks of memory whose pages hold nothing else, so that each can be given back to the system while its block is kept.
///
/// They are cut from regions of the address space that are never given up. A region has blocks of one size, so any block serves whoever wants
/// its size next, and nothing is lost between them. The system counts a page once it is written to.
struct PageBlocks: ~Copyable {
    /// Powers of two. What is smaller has no use for pages of its own. What is larger is no buffer of a connection that is idle.
    static let sizes = PageBlocks.sizes(pageBytes: sysconf(Int32(_SC_PAGESIZE)))

    private static let regionBytes = 1 << 20
    /// For the blocks of a size that nobody has, and whose pages are kept: those who write much take one after another.
    private static let warmBytes = 512 << 10

    /// Of one size.
    private struct Stock {
        /// Addresses, the last first. Their pages may be kept.
        var warm: [UInt] = []
        /// The same, with no page kept.
        var cold: [UInt] = []
    }

    private var stocks: [Stock]
    /// The size of its blocks, by the number of a region.
    private var regions: [UInt: Int] = [:]
    /// Where the last region begins; 0 for none.
    private var lastRegion: UInt = 0

    init() {
        let count = Self.place(of: Self.sizes.upperBound) + 1
        self.stocks = Array(repeating: Stock(), count: count)
    }

    /// No block is smaller than a page: the system rounds up what is given back, so the blocks behind it in its page would be lost with it.
    ///
    /// - Parameter pageBytes: a power of two.
    static func sizes(pageBytes: Int) -> ClosedRange<Int> {
        let least = max(16 << 10, pageBytes)
        return least...max(128 << 10, least)
    }

    private static func place(of size: Int) -> Int {
        size.trailingZeroBitCount - self.sizes.lowerBound.trailingZeroBitCount
    }

    /// - Returns: the address of a block of exactly that size; nil where there are none of that size, or no memory.
    mutating func take(_ size: Int) -> UInt? {
        guard Self.sizes.contains(size), size.nonzeroBitCount == 1 else { return nil }
        let place = Self.place(of: size)
        if let block = self.stocks[place].warm.popLast() ?? self.stocks[place].cold.popLast() { return block }
        guard let region = Self.newRegion(below: self.lastRegion) else { return nil }
        self.lastRegion = region
        self.regions[region / UInt(Self.regionBytes)] = size
        let blocks = stride(from: region, to: region + UInt(Self.regionBytes), by: size)
        self.stocks[place].cold = blocks.reversed()
        return self.stocks[place].cold.popLast()
    }

    /// What becomes of a block that somebody is done with.
    enum Return: Equatable {
        /// It was none of these, and is left alone.
        case foreign
        case kept
        /// It is nobody's until its pages are given back, and it is kept by ``keep(empty:_:)``.
        case toEmpty(size: Int)
    }

    mutating func putBack(_ block: UInt) -> Return {
        guard let size = self.regions[block / UInt(Self.regionBytes)] else { return .foreign }
        let place = Self.place(of: size)
        guard self.stocks[place].warm.count < Self.warmBytes / size else { return .toEmpty(size: size) }
        self.stocks[place].warm.append(block)
        return .kept
    }

    mutating func keep(empty block: UInt, _ size: Int) { self.stocks[Self.place(of: size)].cold.append(block) }

    /// Gives all pages of a block back. Whoever reads it next finds zeros.
    static func empty(_ block: UInt, _ size: Int) {
        unsafe madvise(UnsafeMutableRawPointer(bitPattern: block), size, MADV_DONTNEED)
    }

    /// - Parameter last: the region that was made before. The system counts regions that lie side by side as one, and allows so many.
    /// - Returns: where it begins, at a multiple of its size; nil where there is no room for it.
    private static func newRegion(below last: UInt) -> UInt? {
        let size = UInt(Self.regionBytes)
        guard let region = Self.region(at: last < size ? 0 : last - size) ?? Self.regionAnywhere() else { return nil }
        // A huge page would be counted whole for the first byte of a block.
        unsafe madvise(UnsafeMutableRawPointer(bitPattern: region), Self.regionBytes, MADV_NOHUGEPAGE)
        return region
    }

    private static func region(at wanted: UInt) -> UInt? {
        guard wanted > 0, let start = Self.map(Self.regionBytes, near: wanted) else { return nil }
        guard start % UInt(Self.regionBytes) != 0 else { return start }
        Self.unmap(start, UInt(Self.regionBytes))
        return nil
    }

    private static func regionAnywhere() -> UInt? {
        let size = UInt(Self.regionBytes)
        guard let start = Self.map(2 * Self.regionBytes, near: 0) else { return nil }
        let region = (start + size - 1) / size * size
        Self.unmap(start, region - start)
        Self.unmap(region + size, start + size - region)
        return region
    }

    private static func map(_ bytes: Int, near wanted: UInt) -> UInt? {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let hint = unsafe UnsafeMutableRawPointer(bitPattern: wanted)
        guard let found = unsafe mmap(hint, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), unsafe found != MAP_FAILED
        else {
            return nil
        }
        return UInt(bitPattern: found)
    }

    private static func unmap(_ address: UInt, _ size: UInt) {
        guard size > 0, let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return }
        unsafe munmap(pointer, Int(size))
    }
}
