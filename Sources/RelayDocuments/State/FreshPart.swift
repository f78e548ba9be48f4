/// What of an update is new to a document. Its pieces point into the update's bytes.
struct FreshPart {
    var sections: [(client: UInt64, pieces: [Piece])] = []
    let deletes: ClockSet

    init(deletes: ClockSet) {
        self.deletes = deletes
    }

    var isEmpty: Bool { self.sections.isEmpty && self.deletes.isEmpty }

    /// Whether nothing of the update was known.
    func isAll(of index: UpdateIndex) -> Bool {
        let pieces = self.sections.reduce(0) { $0 + $1.pieces.count }
        return pieces == index.structs.elementCount && self.deletes == index.deletes
            && self.sections.allSatisfy { $0.pieces.allSatisfy(\.isWhole) }
    }

    /// An update of its own.
    func encoded(from bytes: Span<UInt8>) -> [UInt8] {
        var writer = UpdateWriter(
            segments: [bytes.copy(0..<bytes.count)],
            sections: self.sections.count,
            reserving: 0
        )
        for section in self.sections { writer.write(client: section.client, section.pieces) }
        return writer.finish(self.deletes.encoded())
    }
}

extension Array<Piece> {
    /// What of the entries is not known. All below `mark` is, so that what lies there is not looked at.
    ///
    /// - Parameters:
    ///   - entries: rise, and do not overlap.
    ///   - islands: what is known above `mark`.
    /// - Returns: nil where that takes more than `effort` allows.
    init?(
        of entries: ArraySlice<StructEntry>,
        above mark: UInt32,
        without islands: ArraySlice<ClockRange>,
        within effort: inout Effort
    ) {
        self.init()
        var next = islands.startIndex
        for entry in entries[entries.firstIndex(endingAfter: mark)...] {
            let range = ClockRange(start: Swift.max(entry.clock, mark), end: entry.end)
            let isDone = islands.eachGap(in: range, from: &next, within: &effort) { self.append(entry.part($0)) }
            guard isDone else { return nil }
        }
    }
}

extension StructEntry {
    /// - Parameter range: clocks that it covers.
    fileprivate func part(_ range: ClockRange) -> Piece {
        Piece(self, from: range.start - self.clock, to: range.end - self.clock)
    }
}
