extension DocumentState {
    /// Above this size of a partly new update, bytes, only the new part is forwarded.
    public static let wholeForwardLimit = 4096

    /// Takes what is new in an update. Its bytes are copied, and not needed afterwards.
    ///
    /// - Parameter bytes: a whole update of version 1, with nothing behind it.
    /// - Returns: what was new.
    /// - Throws: as ``Update/init(_:)-([UInt8])``. The document has not changed then.
    public mutating func apply(_ bytes: Span<UInt8>) throws(DocumentError) -> UpdateNews {
        let index = try UpdateIndex(bytes)
        guard !index.needsRewriting else {
            let normal = try Update(bytes)
            return self.apply(normal).rewritten(as: normal.bytes)
        }
        return self.apply(index, of: bytes)
    }

    /// As ``apply(_:)-(Span<UInt8>)``.
    public mutating func apply(_ bytes: [UInt8]) throws(DocumentError) -> UpdateNews {
        try self.apply(bytes.span)
    }

    /// Takes what is new in an update that was read before.
    public mutating func apply(_ update: Update) -> UpdateNews {
        self.apply(update.index, of: update.bytes.span)
    }

    /// Takes one of several updates: at once where it lies behind all that is known, as most do; else, and after such a one, it waits in `later`
    /// for ``apply(together:)``.
    ///
    /// - Throws: as ``apply(_:)-(Span<UInt8>)``.
    public mutating func apply(_ bytes: Span<UInt8>, orLater later: inout [Update]) throws(DocumentError) {
        if later.isEmpty {
            let index = try UpdateIndex(bytes)
            let isFirst = self.isEmpty && !index.needsRewriting
            if isFirst || self.isAppended(index) { return _ = self.apply(index, of: bytes) }
        }
        later.append(try Update(bytes))
    }

    /// Takes updates as one. To put something between what a client has written before moves all that is behind it: in a large document that is
    /// done once for all of them.
    public mutating func apply(together updates: [Update]) {
        guard updates.count > 1 else {
            if let update = updates.first { _ = self.apply(update) }
            return
        }
        _ = self.apply(Update.merge(updates))
    }

    /// What ``apply(_:)-(Span<UInt8>)`` would find new, without taking it: for whoever stores an update first.
    ///
    /// - Throws: as ``Update/check(_:isInDocument:)`` of what is in no document yet.
    public func news(in bytes: Span<UInt8>) throws(DocumentError) -> UpdateNews {
        var effort = Effort(limit: bytes.count)
        return try self.news(in: bytes, within: &effort)
    }

    func news(in bytes: Span<UInt8>, within effort: inout Effort) throws(DocumentError) -> UpdateNews {
        let index = try UpdateIndex(bytes)
        try index.checkTypes()
        if self.isAppended(index) { return UpdateNews(forward: .whole, addsStructs: true, addsDeletions: false) }
        guard !index.needsRewriting else {
            let normal = try Update(bytes)
            return self.news(of: normal.index, in: normal.bytes.span, within: &effort).rewritten(as: normal.bytes)
        }
        return self.news(of: index, in: bytes, within: &effort)
    }

    /// What is to be forwarded whole is only asked whether anything of it is new. So is what is new in more places than `effort` has looks, and
    /// that is forwarded whole, too: an update costs no more than in proportion to its bytes, whatever the document has.
    private func news(of index: UpdateIndex, in bytes: Span<UInt8>, within effort: inout Effort) -> UpdateNews {
        if bytes.count > Self.wholeForwardLimit, let fresh = self.fresh(in: index, within: &effort) {
            return self.news(fresh, of: index, in: bytes)
        }
        let addsStructs = !self.hasStructs(of: index, counting: &effort)
        let addsDeletions = !self.deletes.hasAll(of: index.deletes, counting: &effort)
        return UpdateNews(
            forward: addsStructs || addsDeletions ? .whole : .nothing,
            addsStructs: addsStructs,
            addsDeletions: addsDeletions
        )
    }

    /// As ``news(in:)-(Span<UInt8>)``.
    public func news(in bytes: [UInt8]) throws(DocumentError) -> UpdateNews {
        try self.news(in: bytes.span)
    }

    /// Whether an update has nothing but structs of one client behind all that is known of it, as somebody who types sends it: then all of
    /// it is new.
    private func isAppended(_ index: UpdateIndex) -> Bool {
        guard index.structs.rows.count == 1, index.deletes.isEmpty, !index.needsRewriting,
            let row = self.structs.row(of: index.structs.rows[0].client)
        else { return false }
        let known = self.structs.elements(row)
        guard let last = known.last, let first = index.structs.elements(0).first else { return false }
        return first.clock >= last.end
    }

    private mutating func apply(_ index: UpdateIndex, of bytes: Span<UInt8>) -> UpdateNews {
        let fresh = self.fresh(in: index)
        let news = self.news(fresh, of: index, in: bytes)
        self.take(fresh, from: bytes)
        return news
    }

    private func news(_ fresh: FreshPart, of index: UpdateIndex, in bytes: Span<UInt8>) -> UpdateNews {
        let forward: UpdateNews.Forward
        if fresh.isEmpty {
            forward = .nothing
        } else if bytes.count <= Self.wholeForwardLimit || fresh.isAll(of: index) {
            forward = .whole
        } else {
            forward = .part(fresh.encoded(from: bytes))
        }
        return UpdateNews(
            forward: forward,
            addsStructs: !fresh.sections.isEmpty,
            addsDeletions: !fresh.deletes.isEmpty
        )
    }

    // MARK: Subtracting

    /// All that is new. It may be much for a small update, but is taken once: what it has filled has no gaps any more.
    ///
    /// - Parameter index: of an update whose structs do not overlap.
    func fresh(in index: UpdateIndex) -> FreshPart {
        var effort = Effort()
        guard let fresh = self.fresh(in: index, within: &effort) else {
            preconditionFailure("an effort without a limit")
        }
        return fresh
    }

    func fresh(in index: UpdateIndex, within effort: inout Effort) -> FreshPart? {
        guard let deletes = self.deletes.news(in: index.deletes, within: &effort) else { return nil }
        var fresh = FreshPart(deletes: deletes)
        for (row, place) in index.structs.rows.enumerated() {
            let pieces = Array(
                of: index.structs.elements(row),
                above: self.mark(of: place.client),
                without: self.islands.ranges(of: place.client),
                within: &effort
            )
            guard let pieces else { return nil }
            if !pieces.isEmpty { fresh.sections.append((place.client, pieces)) }
        }
        return fresh
    }

    // MARK: Taking

    /// - Parameter bytes: what the part's entries point into.
    mutating func take(_ fresh: FreshPart, from bytes: Span<UInt8>) {
        var added: [(client: UInt64, elements: [StructEntry])] = []
        for section in fresh.sections {
            let entries = self.store(section.pieces, of: section.client, from: bytes)
            if let row = self.structs.row(of: section.client) {
                self.structs.change(row) { $0.insert(entries) }
                self.advance(row)
            } else {
                added.append((section.client, entries))
            }
        }
        self.structs.insert(added)
        for section in added {
            if let row = self.structs.row(of: section.client) { self.advance(row) }
        }
        self.findIslands(in: fresh)
        guard !fresh.deletes.isEmpty else { return }
        self.deletes.formUnion(fresh.deletes)
        self.deletionsChanged()
    }

    /// Raises a client's clock in the state vector over what follows it without a gap.
    private mutating func advance(_ row: Int) {
        var end = self.structs.rows[row].mark
        let entries = self.structs.elements(row)
        for entry in entries[entries.firstIndex(endingAfter: end)...] {
            guard entry.clock <= end else { break }
            end = entry.end
        }
        self.structs.setMark(end, row: row)
    }

    /// - Parameter fresh: is taken, and the marks say so.
    private mutating func findIslands(in fresh: FreshPart) {
        var islands: [(client: UInt64, ranges: [ClockRange])] = []
        for section in fresh.sections {
            let mark = self.mark(of: section.client)
            if !self.islands.isEmpty { self.islands.remove(upTo: mark, of: section.client) }
            guard let last = section.pieces.last, last.end > mark else { continue }
            let above = section.pieces.filter { $0.clock > mark }
            islands.append((section.client, above.map { ClockRange(start: $0.clock, end: $0.end) }))
        }
        if !islands.isEmpty { self.islands.formUnion(ClockSet(islands)) }
    }

    /// Copies structs to the last segment.
    ///
    /// - Returns: where they are now.
    private mutating func store(
        _ pieces: [Piece],
        of client: UInt64,
        from bytes: Span<UInt8>
    ) -> [StructEntry] {
        let size = pieces.reduce(0) { $0 + Int($1.entry.size) }
        let used = self.segments.last?.count ?? 0
        let needsSegment = self.segments.isEmpty || used > 0 && used + size > Self.segmentSize
        if needsSegment { self.segments.append([]) }
        let segment = self.segments.count - 1
        if needsSegment, size < bytes.count { self.segments[segment].reserveCapacity(size) }
        let start = self.segments[segment].count
        var entries: [StructEntry] = []
        entries.reserveCapacity(pieces.count)
        var writer = PieceWriter(client: client)
        for piece in pieces {
            let offset = self.segments[segment].count
            writer.write(piece, from: bytes, into: &self.segments[segment])
            let stored = offset..<self.segments[segment].count
            let info = self.segments[segment][offset]
            entries.append(
                StructEntry(clock: piece.clock, length: piece.length, bytes: stored, segment: segment, info: info)
            )
        }
        self.structBytes += self.segments[segment].count - start
        return entries
    }
}

extension Array<StructEntry> {
    /// Adds entries that rise, and cover nothing that these do.
    fileprivate mutating func insert(_ entries: [StructEntry]) {
        guard let first = entries.first, let last = self.last, first.clock < last.end else {
            return self.append(contentsOf: entries)
        }
        guard entries.count > 1 else {
            return self.insert(first, at: self[...].firstIndex(endingAfter: first.clock))
        }
        self.append(contentsOf: entries)
        self.sort { $0.clock < $1.clock }
    }
}
