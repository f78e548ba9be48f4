/// A struct, or a part of one, that is going to be written. Nothing is copied before.
struct Piece: Sendable {
    let entry: StructEntry
    /// How many clocks are left out in front.
    var from: UInt32
    /// How many clocks of the entry come before the piece's end.
    var to: UInt32
    /// Its content is forgotten when it is written: it is deleted.
    var isTombstone = false
    /// It becomes one struct with the piece before it.
    var joinsPrevious = false

    init(_ entry: StructEntry) {
        self.entry = entry
        self.from = 0
        self.to = entry.length
    }

    init(_ entry: StructEntry, from: UInt32, to: UInt32) {
        self.entry = entry
        self.from = from
        self.to = to
    }

    var clock: UInt32 { self.entry.clock + self.from }
    var end: UInt32 { self.entry.clock + self.to }
    var length: UInt32 { self.to - self.from }
    var isWhole: Bool { self.from == 0 && self.to == self.entry.length }
    /// Whether its bytes can be copied as they are.
    var isVerbatim: Bool { self.isWhole && !self.isTombstone }
    /// The number of the content that is written.
    var kind: UInt8 { self.isTombstone ? StructInfo.deleted : self.entry.kind }
}

extension Array<Piece> {
    /// Adds what of the entry lies at or after `end`.
    mutating func append(_ entry: StructEntry, after end: inout UInt32) {
        guard entry.end > end else { return }
        self.append(Piece(entry, from: end > entry.clock ? end - entry.clock : 0, to: entry.length))
        end = entry.end
    }

    /// The structs of a section: those of one client, of all sources, in order.
    ///
    /// - Parameter entries: by clock, of equal ones the earlier source first.
    init(merging entries: some Collection<StructEntry>) {
        self.init()
        self.reserveCapacity(entries.count)
        var end: UInt32 = 0
        for entry in entries { self.append(entry, after: &end) }
    }

    /// What lies at or above `clock`.
    init(of entries: ArraySlice<StructEntry>, from clock: UInt32) {
        let first = entries.firstIndex(endingAfter: clock)
        self.init()
        self.reserveCapacity(entries.endIndex - first)
        var end = clock
        for entry in entries[first...] { self.append(entry, after: &end) }
    }

    /// Splits Items at the borders of deleted ranges, and marks those that lie inside.
    func withTombstones(_ ranges: ArraySlice<ClockRange>) -> [Piece] {
        var pieces: [Piece] = []
        pieces.reserveCapacity(self.count)
        var next = ranges.startIndex
        for piece in self {
            while next < ranges.endIndex, ranges[next].end <= piece.clock { next += 1 }
            guard piece.kind != StructInfo.gc, piece.kind != StructInfo.deleted else {
                pieces.append(piece)
                continue
            }
            piece.split(by: ranges[next...], into: &pieces)
        }
        return pieces
    }
}

extension Piece {
    fileprivate func split(by ranges: ArraySlice<ClockRange>, into pieces: inout [Piece]) {
        var clock = self.clock
        for range in ranges {
            guard range.start < self.end else { break }
            if range.start > clock { pieces.append(self.part(from: clock, to: range.start)) }
            var deleted = self.part(from: max(clock, range.start), to: min(self.end, range.end))
            deleted.isTombstone = true
            pieces.append(deleted)
            clock = deleted.end
        }
        if clock < self.end { pieces.append(self.part(from: clock, to: self.end)) }
    }

    /// - Parameters: clocks inside the piece.
    private func part(from start: UInt32, to end: UInt32) -> Piece {
        Piece(self.entry, from: start - self.entry.clock, to: end - self.entry.clock)
    }
}
