extension DocumentState {
    /// Whether all that an update says is known already: then ``news(in:)-(Span<UInt8>)`` finds nothing. Stops at the first that is not.
    ///
    /// - Throws: as ``news(in:)-(Span<UInt8>)``.
    public func hasAll(of bytes: Span<UInt8>) throws(DocumentError) -> Bool {
        var effort = Effort()
        return try self.hasAll(of: bytes, counting: &effort)
    }

    func hasAll(of bytes: Span<UInt8>, counting effort: inout Effort) throws(DocumentError) -> Bool {
        let index = try UpdateIndex(bytes)
        try index.checkTypes()
        let normal = index.needsRewriting ? try Update(bytes).index : index
        return self.hasStructs(of: normal, counting: &effort)
            && self.deletes.hasAll(of: normal.deletes, counting: &effort)
    }

    /// Whether no clock of an update's structs is new.
    func hasStructs(of index: UpdateIndex, counting effort: inout Effort) -> Bool {
        for (row, place) in index.structs.rows.enumerated() {
            let entries = index.structs.elements(row)
            let islands = self.islands.ranges(of: place.client)
            for entry in entries[entries.firstIndex(endingAfter: self.mark(of: place.client))...] {
                let range = ClockRange(start: entry.clock, end: entry.end)
                guard islands.cover(range, counting: &effort) else { return false }
            }
        }
        return true
    }
}
