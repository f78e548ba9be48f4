/// What of an update is new to a document. Its pieces point into the update's bytes.
struct FreshPart {
    var sections: [(client: UInt64, pieces: [Piece])] = []
    let deletes: DeleteSet

    init(deletes: DeleteSet) {
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
    /// What of the entries no known one covers.
    ///
    /// - Parameters: both rise, and do not overlap within themselves.
    init(of entries: ArraySlice<StructEntry>, without known: ArraySlice<StructEntry>) {
        self.init()
        guard let first = entries.first else { return }
        var next = known.firstIndex(endingAfter: first.clock)
        for entry in entries {
            while next < known.endIndex, known[next].end <= entry.clock { next += 1 }
            var clock = entry.clock
            while next < known.endIndex, known[next].clock < entry.end {
                if known[next].clock > clock { self.append(entry.part(from: clock, to: known[next].clock)) }
                clock = Swift.max(clock, known[next].end)
                guard known[next].end <= entry.end else { break }
                next += 1
            }
            if clock < entry.end { self.append(entry.part(from: clock, to: entry.end)) }
        }
    }
}

extension StructEntry {
    /// - Parameters: clocks that it covers.
    fileprivate func part(from start: UInt32, to end: UInt32) -> Piece {
        Piece(self, from: start - self.clock, to: end - self.clock)
    }
}
