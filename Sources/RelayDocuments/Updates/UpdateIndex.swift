/// Where the structs of an update are, and what it deletes. Made by one pass over the bytes, which it checks completely and does not keep.
///
/// Time and memory are linear in the bytes (n log n where a writer did not sort), whatever counts and lengths they claim.
struct UpdateIndex: Sendable {
    /// By falling client id, clocks rising. The mark is the end of the gapless clocks from 0.
    private(set) var structs = ClientTable<StructEntry>()
    private(set) var deletes = DeleteSet()
    /// Whether the bytes have to be written anew before anybody else gets them, and before the structs are used: clients do not fall or
    /// come twice, which makes Yjs lose structs, or a struct or section is empty, which Yrs may refuse.
    private(set) var needsRewriting = false

    /// Whether it holds nothing at all.
    var isEmpty: Bool { self.structs.isEmpty && self.deletes.isEmpty }

    /// - Parameter bytes: a whole update of version 1, with nothing behind it. At most 4 GiB.
    init(_ bytes: Span<UInt8>) throws(DocumentError) {
        guard bytes.count <= UInt32.max else { throw .tooLarge }
        var offset = 0
        var sections: [(client: UInt64, entries: [StructEntry])] = []
        // A section takes at least a count, a client and a clock.
        for _ in 0..<(try bytes.count(of: 3, at: &offset)) {
            let section = try Self.section(bytes, at: &offset, &self.needsRewriting)
            sections.append(section)
        }
        self.deletes = try DeleteSet(bytes, at: &offset)
        try bytes.expectEnd(at: offset)
        self.arrange(sections)
    }

    private static func section(
        _ bytes: Span<UInt8>,
        at offset: inout Int,
        _ needsRewriting: inout Bool
    ) throws(DocumentError) -> (client: UInt64, entries: [StructEntry]) {
        let count = try bytes.uint(at: &offset)
        let client = try bytes.uint(at: &offset)
        var clock = try bytes.clock(at: &offset)
        // A struct takes at least an info byte and a length.
        guard count <= UInt64((bytes.count - offset) / 2) else { throw .truncated }
        if count == 0 { needsRewriting = true }
        var entries: [StructEntry] = []
        for _ in 0..<count {
            let start = offset
            let (info, length) = try Self.structure(bytes, at: &offset)
            let (end, overflow) = clock.addingReportingOverflow(length)
            guard !overflow else { throw .clockTooLarge }
            if length == 0 { needsRewriting = true }
            if length > 0, info != StructInfo.skip {
                entries.append(StructEntry(clock: clock, length: length, bytes: start..<offset, info: info))
            }
            clock = end
        }
        return (client, entries)
    }

    @inline(__always)
    private static func structure(
        _ bytes: Span<UInt8>,
        at offset: inout Int
    ) throws(DocumentError) -> (info: UInt8, length: UInt32) {
        guard offset < bytes.count else { throw .truncated }
        let info = bytes.loadByte(offset)
        let kind = info & StructInfo.kindMask
        guard kind == StructInfo.gc || kind >= StructInfo.skip else {
            _ = try bytes.header(at: &offset)
            return (info, try bytes.skipContent(kind: kind, at: &offset))
        }
        guard info == StructInfo.gc || info == StructInfo.skip else { throw .unknownContent(info: info) }
        offset += 1
        return (info, try bytes.clock(at: &offset))
    }

    // MARK: Order

    /// What came first in the update is first among entries with the same clock.
    private mutating func arrange(_ sections: [(client: UInt64, entries: [StructEntry])]) {
        var sorted = sections
        if !zip(sections, sections.dropFirst()).allSatisfy({ $0.client > $1.client }) {
            sorted = Self.stablySorted(sections)
            self.needsRewriting = true
        }
        var next = 0
        while next < sorted.count {
            let client = sorted[next].client
            var entries = sorted[next].entries
            let first = next
            next += 1
            while next < sorted.count, sorted[next].client == client {
                entries += sorted[next].entries
                next += 1
            }
            if next - first > 1 { entries.sort { ($0.clock, $0.offset) < ($1.clock, $1.offset) } }
            if !entries.isEmpty { self.structs.append(client: client, entries, mark: entries.gaplessEnd) }
        }
    }

    private static func stablySorted(
        _ sections: [(client: UInt64, entries: [StructEntry])]
    ) -> [(client: UInt64, entries: [StructEntry])] {
        sections.enumerated().sorted {
            $0.element.client != $1.element.client
                ? $0.element.client > $1.element.client : $0.offset < $1.offset
        }.map(\.element)
    }
}

extension Collection<StructEntry> {
    /// The end of the gapless clocks from 0.
    var gaplessEnd: UInt32 {
        var end: UInt32 = 0
        for entry in self {
            guard entry.clock <= end else { break }
            end = Swift.max(end, entry.end)
        }
        return end
    }
}
