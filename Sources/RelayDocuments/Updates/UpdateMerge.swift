/// Merging of any number of updates.
enum UpdateMerge {
    /// - Parameters:
    ///   - sources: the bytes. Of two structs for the same clocks the one of the earlier source stays.
    ///   - indexes: of the sources. They may overlap within themselves.
    ///   - compaction: nil leaves structs as they are.
    static func merge(_ sources: [[UInt8]], _ indexes: [UpdateIndex], compaction: Compaction?) -> [UInt8] {
        var deletes = ClockSet()
        for index in indexes { deletes.formUnion(index.deletes) }
        let sections = Self.sections(indexes)
        let size = sources.reduce(0) { $0 + $1.count }
        var writer = UpdateWriter(segments: sources, sections: sections.count, reserving: size)
        for section in sections {
            var pieces = Self.pieces(section, of: indexes)
            if let compaction {
                pieces.compact(compaction, client: section.client, deletes: deletes, in: sources)
            }
            writer.write(client: section.client, pieces)
        }
        return writer.finish(deletes.encoded())
    }

    private struct Section {
        let client: UInt64
        /// Which source has it in which row, earlier sources first.
        var places: [(source: Int, row: Int)]
    }

    /// By falling client id.
    private static func sections(_ indexes: [UpdateIndex]) -> [Section] {
        var places: [(client: UInt64, source: Int, row: Int)] = []
        for (source, index) in indexes.enumerated() {
            for (row, place) in index.structs.rows.enumerated() { places.append((place.client, source, row)) }
        }
        if indexes.count > 1 { places.sort { ($1.client, $0.source) < ($0.client, $1.source) } }
        var sections: [Section] = []
        for place in places {
            if sections.last?.client != place.client { sections.append(Section(client: place.client, places: [])) }
            sections[sections.count - 1].places.append((place.source, place.row))
        }
        return sections
    }

    private static func pieces(_ section: Section, of indexes: [UpdateIndex]) -> [Piece] {
        var entries: [StructEntry] = []
        for place in section.places {
            for var entry in indexes[place.source].structs.elements(place.row) {
                entry.segment = place.source
                entries.append(entry)
            }
        }
        if section.places.count > 1, !zip(entries, entries.dropFirst()).allSatisfy({ $0.end <= $1.clock }) {
            entries.sort { ($0.clock, $0.segment, $0.offset) < ($1.clock, $1.segment, $1.offset) }
        }
        return Array(merging: entries)
    }
}

extension Array<Piece> {
    /// - Parameter segments: what the pieces' entries point into.
    mutating func compact(_ compaction: Compaction, client: UInt64, deletes: ClockSet, in segments: [[UInt8]]) {
        let ranges = deletes.ranges(of: client)
        if compaction.forgetsDeleted, !ranges.isEmpty { self = self.withTombstones(ranges) }
        var coalescing = Coalescing(client: client, deletes: ranges)
        coalescing.mark(&self, in: segments)
    }
}
