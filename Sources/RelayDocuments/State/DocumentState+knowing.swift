extension DocumentState {
    /// Whether all that an update says is known already: then ``news(in:)-(Span<UInt8>)`` finds nothing. Stops at the first that is not.
    ///
    /// - Throws: as ``apply(_:)-(Span<UInt8>)``.
    public func hasAll(of bytes: Span<UInt8>) throws(DocumentError) -> Bool {
        let index = try UpdateIndex(bytes)
        return index.needsRewriting ? self.hasAll(of: try Update(bytes).index) : self.hasAll(of: index)
    }

    private func hasAll(of index: UpdateIndex) -> Bool {
        for (row, place) in index.structs.rows.enumerated() {
            let known = self.structs.elements(of: place.client)
            guard index.structs.elements(row).allSatisfy({ known.cover($0) }) else { return false }
        }
        return self.deletes.hasAll(of: index.deletes)
    }
}

extension ArraySlice<StructEntry> {
    /// Whether these, which rise, have all clocks of the entry.
    fileprivate func cover(_ entry: StructEntry) -> Bool {
        var next = self.firstIndex(endingAfter: entry.clock)
        var clock = entry.clock
        while clock < entry.end {
            guard next < self.endIndex, self[next].clock <= clock else { return false }
            clock = self[next].end
            next += 1
        }
        return true
    }
}
