/// Where the structs of an update are, and what it deletes. Made by one pass over the bytes, which it checks completely and does not keep.
///
/// Time and memory are linear in the bytes (n log n where a writer did not sort), whatever counts and lengths they claim.
struct UpdateIndex: Sendable {
    /// By falling client id, clocks rising. The mark is the end of the gapless clocks from 0.
    private(set) var structs = ClientTable<StructEntry>()
    private(set) var deletes = ClockSet()
    /// Whether the bytes have to be written anew before anybody else gets them, and before the structs are used: clients do not fall or
    /// come twice, which makes Yjs lose structs, or a struct or section is empty, which Yrs may refuse.
    private(set) var needsRewriting = false
    /// The kind of the first shared type that Yrs reads and Yjs does not.
    private var foreignType: UInt64?

    /// Whether it holds nothing at all.
    var isEmpty: Bool { self.structs.isEmpty && self.deletes.isEmpty }

    /// - Parameter bytes: a whole update of version 1, with nothing behind it. At most 4 GiB.
    init(_ bytes: Span<UInt8>) throws(DocumentError) {
        guard bytes.count <= UInt32.max else { throw .tooLarge }
        var offset = 0
        // Of what people write a struct takes some twelve bytes or more. A small update is not worth the counting.
        if bytes.count > 4096 { self.structs.reserve(bytes.count / 12) }
        var last: UInt64?
        var isFalling = true
        // A section takes at least a count, a client and a clock.
        for _ in 0..<(try bytes.count(of: 3, at: &offset)) {
            let client = try self.readSection(bytes, at: &offset)
            if let last, last <= client { isFalling = false }
            last = client
        }
        self.deletes = try ClockSet(bytes, at: &offset)
        try bytes.expectEnd(at: offset)
        if !isFalling { self.arrange() }
    }

    /// What nobody may add to a document: one such type, and no client with Yjs can read the document any more. Documents that have it can be
    /// read, compacted and given out here.
    func checkTypes() throws(DocumentError) {
        if let type = self.foreignType { throw .unknownType(type) }
    }

    /// Adds a section's structs behind those that were read before.
    ///
    /// - Returns: the client.
    private mutating func readSection(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) -> UInt64 {
        let count = try bytes.uint(at: &offset)
        let client = try bytes.uint(at: &offset)
        var clock = try bytes.clock(at: &offset)
        // A struct takes at least an info byte and a length.
        guard count <= UInt64((bytes.count - offset) / 2) else { throw .truncated }
        var isAllUsed = count > 0
        var foreignType = self.foreignType
        try self.structs.append(client: client) { entries throws(DocumentError) in
            // The end of what follows from 0 without a gap, as far as there is none.
            var gapless: UInt32 = 0
            for _ in 0..<count {
                let start = offset
                let (info, length) = try Self.structure(bytes, at: &offset)
                let (end, overflow) = clock.addingReportingOverflow(length)
                guard !overflow else { throw .clockTooLarge }
                if length == 0 { isAllUsed = false }
                if info & StructInfo.kindMask == StructInfo.type, foreignType == nil {
                    foreignType = try bytes.foreignType(ofStructAt: start)
                }
                if length > 0, info != StructInfo.skip {
                    entries.append(StructEntry(clock: clock, length: length, bytes: start..<offset, info: info))
                    if clock == gapless { gapless = end }
                }
                clock = end
            }
            return gapless
        }
        if !isAllUsed { self.needsRewriting = true }
        self.foreignType = foreignType
        return client
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

    /// Sorts clients that do not fall, or come twice. What came first in the update is first among entries with the same clock.
    private mutating func arrange() {
        self.needsRewriting = true
        let read = self.structs
        let order = read.rows.indices.sorted {
            let (left, right) = (read.rows[$0].client, read.rows[$1].client)
            return left != right ? left > right : $0 < $1
        }
        self.structs = ClientTable()
        var next = 0
        while next < order.count {
            let client = read.rows[order[next]].client
            let first = next
            var entries: [StructEntry] = []
            while next < order.count, read.rows[order[next]].client == client {
                entries += read.elements(order[next])
                next += 1
            }
            if next - first > 1 { entries.sort { ($0.clock, $0.offset) < ($1.clock, $1.offset) } }
            self.structs.append(client: client, entries, mark: entries.gaplessEnd)
        }
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
