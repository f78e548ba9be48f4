/// Clocks of clients: those that are deleted, or those that are known behind a gap. For each client its ranges rise, and neither overlap nor
/// touch.
struct ClockSet: Sendable {
    private(set) var table = ClientTable<ClockRange>()

    var isEmpty: Bool { self.table.isEmpty }
    var rangeCount: Int { self.table.elementCount }

    init() {}

    /// - Parameter sections: in any order, a client as often as it likes, ranges in any order.
    init(_ sections: [(client: UInt64, ranges: [ClockRange])]) {
        var sorted = sections
        if !Self.isFalling(sections) { sorted.sort { $0.client > $1.client } }
        var next = 0
        while next < sorted.count {
            let client = sorted[next].client
            var ranges = sorted[next].ranges
            next += 1
            while next < sorted.count, sorted[next].client == client {
                ranges += sorted[next].ranges
                next += 1
            }
            let normal = Self.normal(ranges)
            if !normal.isEmpty { self.table.append(client: client, normal) }
        }
    }

    private static func isFalling(_ sections: [(client: UInt64, ranges: [ClockRange])]) -> Bool {
        zip(sections, sections.dropFirst()).allSatisfy { $0.client > $1.client }
    }

    /// Sorted, and what overlaps or touches made one.
    private static func normal(_ ranges: [ClockRange]) -> [ClockRange] {
        guard zip(ranges, ranges.dropFirst()).contains(where: { $0.end >= $1.start }) else { return ranges }
        return self.joined(ranges.sorted { $0.start < $1.start })
    }

    private static func joined(_ sorted: [ClockRange]) -> [ClockRange] {
        var joined: [ClockRange] = []
        joined.reserveCapacity(sorted.count)
        for range in sorted {
            if let last = joined.last, range.start <= last.end {
                joined[joined.count - 1].end = max(last.end, range.end)
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    // MARK: Questions

    func ranges(of client: UInt64) -> ArraySlice<ClockRange> { self.table.elements(of: client) }

    /// What `other` has and this has not.
    ///
    /// - Returns: nil where that takes more than `effort` allows.
    func news(in other: ClockSet, within effort: inout Effort) -> ClockSet? {
        var news = ClockSet()
        for (row, place) in other.table.rows.enumerated() {
            let known = self.ranges(of: place.client)
            var next = known.startIndex
            var fresh: [ClockRange] = []
            for range in other.table.elements(row) {
                let isDone = known.eachGap(in: range, from: &next, within: &effort) { fresh.append($0) }
                guard isDone else { return nil }
            }
            if !fresh.isEmpty { news.table.append(client: place.client, fresh) }
        }
        return news
    }

    func hasAll(of other: ClockSet, counting effort: inout Effort) -> Bool {
        for (row, place) in other.table.rows.enumerated() {
            let known = self.ranges(of: place.client)
            for range in other.table.elements(row) {
                guard known.cover(range, counting: &effort) else { return false }
            }
        }
        return true
    }

    // MARK: Changes

    mutating func formUnion(_ other: ClockSet) {
        var added: [(client: UInt64, elements: [ClockRange])] = []
        for (row, place) in other.table.rows.enumerated() {
            let ranges = other.table.elements(row)
            guard let known = self.table.row(of: place.client) else {
                added.append((place.client, Array(ranges)))
                continue
            }
            self.table.change(known) { Self.add(ranges, to: &$0) }
        }
        self.table.insert(added)
    }

    private static func add(_ ranges: ArraySlice<ClockRange>, to known: inout [ClockRange]) {
        guard ranges.count > 8 else { return ranges.forEach { Self.add($0, to: &known) } }
        known = Self.joined((known + ranges).sorted { $0.start < $1.start })
    }

    private static func add(_ range: ClockRange, to known: inout [ClockRange]) {
        // The first that overlaps or touches: one that ends where this starts counts.
        let first = range.start == 0 ? 0 : known[...].firstIndex(endingAfter: range.start - 1)
        var union = range
        var end = first
        while end < known.count, known[end].start <= range.end {
            union.start = min(union.start, known[end].start)
            union.end = max(union.end, known[end].end)
            end += 1
        }
        known.replaceSubrange(first..<end, with: CollectionOfOne(union))
    }

    /// Forgets a client's ranges that end at or before `clock`. None contains it.
    mutating func remove(upTo clock: UInt32, of client: UInt64) {
        guard let row = self.table.row(of: client) else { return }
        let ranges = self.table.elements(row)
        let count = ranges.firstIndex(endingAfter: clock) - ranges.startIndex
        if count == ranges.count {
            self.table.remove(row)
        } else if count > 0 {
            self.table.change(row) { $0.removeFirst(count) }
        }
    }

    mutating func trim() {
        self.table.trim()
    }
}

extension ClockSet: Equatable {
    static func == (left: ClockSet, right: ClockSet) -> Bool {
        guard left.table.rows.map(\.client) == right.table.rows.map(\.client) else { return false }
        return left.table.rows.indices.allSatisfy { left.table.elements($0) == right.table.elements($0) }
    }
}

// MARK: Encoding

extension ClockSet {
    /// Reads the end of an update.
    init(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) {
        let count = try bytes.count(of: 2, at: &offset)
        // As in most updates.
        guard count > 0 else {
            self.init()
            return
        }
        var sections: [(client: UInt64, ranges: [ClockRange])] = []
        for _ in 0..<count {
            let client = try bytes.uint(at: &offset)
            var ranges: [ClockRange] = []
            for _ in 0..<(try bytes.count(of: 2, at: &offset)) {
                let start = try bytes.clock(at: &offset)
                let (end, overflow) = start.addingReportingOverflow(try bytes.clock(at: &offset))
                guard !overflow else { throw .clockTooLarge }
                if end > start { ranges.append(ClockRange(start: start, end: end)) }
            }
            sections.append((client, ranges))
        }
        self.init(sections)
    }

    func encode(into output: inout [UInt8]) {
        output.append(uint: UInt64(self.table.rows.count))
        for (row, place) in self.table.rows.enumerated() {
            let ranges = self.table.elements(row)
            output.append(uint: place.client)
            output.append(uint: UInt64(ranges.count))
            for range in ranges {
                output.append(uint: UInt64(range.start))
                output.append(uint: UInt64(range.end - range.start))
            }
        }
    }
}
