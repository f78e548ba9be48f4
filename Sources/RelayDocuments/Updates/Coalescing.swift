/// Finds which neighbours become one struct: the exact inverse of a split.
struct Coalescing {
    private let client: UInt64
    private let ranges: ArraySlice<ClockRange>
    private var next: Int
    /// Of the piece before.
    private var last: Judged?

    private struct Judged {
        let end: UInt32
        let kind: UInt8
        let rightOrigin: StructID?
        let isDeleted: Bool

        init(_ piece: Piece, rightOrigin: StructID?, isDeleted: Bool) {
            self.end = piece.end
            self.kind = piece.kind
            self.rightOrigin = rightOrigin
            self.isDeleted = isDeleted
        }
    }

    /// - Parameter deletes: of the client, rising.
    init(client: UInt64, deletes: ArraySlice<ClockRange>) {
        self.client = client
        self.ranges = deletes
        self.next = deletes.startIndex
    }

    /// Marks the pieces that join the one before them.
    mutating func mark(_ pieces: inout [Piece], in segments: [[UInt8]]) {
        for index in pieces.indices {
            pieces[index].joinsPrevious = self.joins(pieces[index], in: segments)
        }
    }

    private mutating func joins(_ piece: Piece, in segments: [[UInt8]]) -> Bool {
        let isDeleted = self.isDeleted(piece)
        guard Self.canJoin(piece.kind) else {
            self.last = nil
            return false
        }
        guard piece.kind != StructInfo.gc else {
            defer { self.last = Judged(piece, rightOrigin: nil, isDeleted: isDeleted) }
            return self.last.map { $0.kind == StructInfo.gc && $0.end == piece.clock } ?? false
        }
        let segment = segments[piece.entry.segment]
        let header = segment.span.checkedHeader(piece.entry)
        let judged = Judged(piece, rightOrigin: header.rightOrigin, isDeleted: isDeleted)
        defer { self.last = judged }
        guard let last = self.last, last.end == piece.clock, last.kind == piece.kind else { return false }
        guard last.isDeleted == isDeleted, last.rightOrigin == judged.rightOrigin else { return false }
        // What was cut off in front is what the left origin of the rest would be.
        let left = StructID(client: self.client, clock: piece.clock - 1)
        return piece.from > 0 || header.leftOrigin == left
    }

    private static func canJoin(_ kind: UInt8) -> Bool {
        switch kind {
        case StructInfo.gc, StructInfo.deleted, StructInfo.json, StructInfo.text, StructInfo.values: true
        default: false
        }
    }

    /// Whether all of its clocks are deleted.
    private mutating func isDeleted(_ piece: Piece) -> Bool {
        while self.next < self.ranges.endIndex, self.ranges[self.next].end <= piece.clock { self.next += 1 }
        guard self.next < self.ranges.endIndex else { return false }
        return self.ranges[self.next].start <= piece.clock && self.ranges[self.next].end >= piece.end
    }
}
