extension DocumentState {
    /// One update that replaces all that made this document.
    ///
    /// Takes a while for a large document: run it on a copy, away from the executor that owns the document.
    ///
    /// - Throws: `compactionDiffers` if it has not exactly the clocks and deletions of this document. Keep what there is then.
    public func compacted(_ compaction: Compaction = Compaction()) throws(DocumentError) -> Update {
        let sections = self.structs.rows.count
        var writer = UpdateWriter(segments: self.segments, sections: sections, reserving: self.structBytes)
        for (row, place) in self.structs.rows.enumerated() {
            var pieces = self.structs.elements(row).map { Piece($0) }
            pieces.compact(compaction, client: place.client, deletes: self.deletes, in: self.segments)
            writer.write(client: place.client, pieces)
        }
        guard let update = try? Update(writer.finish(self.deletes.encoded())), self.isReplaced(by: update) else {
            throw .compactionDiffers
        }
        return update
    }

    /// Puts a compacted update in place of what it was made from, and keeps what came since.
    ///
    /// - Parameter update: what ``compacted(_:)`` made of an earlier state of this document.
    public mutating func replace(with update: Update) {
        var state = DocumentState(update)
        let rest = Update(checked: self.diff(against: state.stateVector))
        _ = state.apply(rest)
        self = state
    }

    private func isReplaced(by update: Update) -> Bool {
        let other = update.index
        guard self.deletes == other.deletes, self.structs.rows.count == other.structs.rows.count else { return false }
        return self.structs.rows.indices.allSatisfy { row in
            self.structs.rows[row].client == other.structs.rows[row].client
                && self.structs.elements(row).covered == other.structs.elements(row).covered
        }
    }
}

extension ArraySlice<StructEntry> {
    /// The clocks that they cover, as ranges that do not touch.
    fileprivate var covered: [ClockRange] {
        var ranges: [ClockRange] = []
        for entry in self {
            if let last = ranges.last, last.end == entry.clock {
                ranges[ranges.count - 1].end = entry.end
            } else {
                ranges.append(ClockRange(start: entry.clock, end: entry.end))
            }
        }
        return ranges
    }
}
