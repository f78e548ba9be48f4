extension Update {
    /// One update with the effect of all, in whatever order they are given. Structs stay as they are cut.
    ///
    /// Of two structs for the same clocks, of which one has forgotten its content, the earlier update's stays.
    ///
    /// - Parameters:
    ///   - updates: at most 2^24.
    ///   - compaction: whether neighbours become one struct and deleted contents are forgotten. nil: neither.
    public static func merge(_ updates: [Update], compaction: Compaction? = nil) -> Update {
        Update(checked: self.mergedBytes(updates, compaction: compaction))
    }

    /// The bytes of ``merge(_:compaction:)``, for whoever only sends them.
    public static func mergedBytes(_ updates: [Update], compaction: Compaction? = nil) -> [UInt8] {
        precondition(updates.count < 1 << 24, "too many updates to merge at once")
        return UpdateMerge.merge(updates.map(\.bytes), updates.map(\.index), compaction: compaction)
    }

    /// What somebody with `known` lacks: all structs above it, the one that contains it split, and **all** deletions.
    ///
    /// - Returns: an update, `00 00` if there is nothing.
    public func diff(against known: StateVector) -> [UInt8] {
        let deletes = self.index.deletes.encoded()
        return self.index.structs.encoded(above: known, from: [self.bytes], size: self.bytes.count, deletes: deletes)
    }
}

extension ClientTable<StructEntry> {
    /// What somebody with `known` lacks of these, and all deletions, as an update.
    ///
    /// - Parameters:
    ///   - segments: what the entries point into.
    ///   - size: of all structs, bytes.
    ///   - deletes: encoded.
    func encoded(above known: StateVector, from segments: [[UInt8]], size: Int, deletes: [UInt8]) -> [UInt8] {
        let ahead = self.rows.indices.filter { row in
            self.elements(row).last.map { $0.end > known[self.rows[row].client] } ?? false
        }
        let reserved = known.isEmpty ? size + 16 * ahead.count : 0
        var writer = UpdateWriter(segments: segments, sections: ahead.count, reserving: reserved + deletes.count + 10)
        for row in ahead {
            let client = self.rows[row].client
            writer.write(client: client, Array(of: self.elements(row), from: known[client]))
        }
        return writer.finish(deletes)
    }
}
