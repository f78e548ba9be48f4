/// Writes an update as version 2.
struct Version2Writer {
    private var keyClocks = DifferenceColumnWriter()
    private var nextKey: UInt32 = 0
    private var clients = NumberColumnWriter()
    private var leftClocks = DifferenceColumnWriter()
    private var rightClocks = DifferenceColumnWriter()
    private var infos = ByteColumnWriter()
    private var texts = TextColumnWriter()
    private var parents = ByteColumnWriter()
    private var types = NumberColumnWriter()
    private var lengths = NumberColumnWriter()
    private var rest: [UInt8] = []

    /// - Throws: `unknownType` for a weak link, which only Yrs has.
    static func version2(_ update: Update) throws(DocumentError) -> [UInt8] {
        var writer = Version2Writer()
        let bytes = update.bytes.span
        let structs = update.index.structs
        writer.rest.append(uint: UInt64(structs.rows.count))
        for (row, place) in structs.rows.enumerated() {
            try writer.write(client: place.client, structs.elements(row), bytes)
        }
        writer.write(update.index.deletes)
        return writer.finish()
    }

    private consuming func finish() -> [UInt8] {
        var output: [UInt8] = [0]
        output.append(block: self.keyClocks.finish())
        output.append(block: self.clients.finish())
        output.append(block: self.leftClocks.finish())
        output.append(block: self.rightClocks.finish())
        output.append(block: self.infos.bytes)
        output.append(block: self.texts.finish())
        output.append(block: self.parents.bytes)
        output.append(block: self.types.finish())
        output.append(block: self.lengths.finish())
        output.append(contentsOf: self.rest)
        return output
    }

    // MARK: Structs

    private mutating func write(
        client: UInt64,
        _ entries: ArraySlice<StructEntry>,
        _ bytes: Span<UInt8>
    ) throws(DocumentError) {
        var end = entries.first?.clock ?? 0
        self.rest.append(uint: UInt64(entries.count + Self.holes(entries)))
        self.clients.append(client)
        self.rest.append(uint: UInt64(end))
        for entry in entries {
            if entry.clock > end {
                self.infos.append(StructInfo.skip)
                self.rest.append(uint: UInt64(entry.clock - end))
            }
            try self.write(entry, bytes)
            end = entry.end
        }
    }

    private static func holes(_ entries: ArraySlice<StructEntry>) -> Int {
        zip(entries, entries.dropFirst()).reduce(0) { $0 + ($1.0.end < $1.1.clock ? 1 : 0) }
    }

    private mutating func write(_ entry: StructEntry, _ bytes: Span<UInt8>) throws(DocumentError) {
        self.infos.append(entry.info)
        guard entry.kind != StructInfo.gc else { return self.lengths.append(UInt64(entry.length)) }
        let header = bytes.checkedHeader(entry)
        if let left = header.leftOrigin { self.writeLeft(left) }
        if let right = header.rightOrigin {
            self.clients.append(right.client)
            self.rightClocks.append(right.clock)
        }
        if header.leftOrigin == nil, header.rightOrigin == nil { try self.writeParent(entry, bytes) }
        var offset = header.content
        try self.writeContent(entry, bytes, at: &offset)
    }

    private mutating func writeLeft(_ id: StructID) {
        self.clients.append(id.client)
        self.leftClocks.append(id.clock)
    }

    private mutating func writeParent(_ entry: StructEntry, _ bytes: Span<UInt8>) throws(DocumentError) {
        var offset = Int(entry.offset) + 1
        let isRoot = try bytes.uint(at: &offset) == 1
        self.parents.append(isRoot ? 1 : 0)
        if isRoot {
            try self.writeText(bytes, at: &offset)
        } else {
            let client = try bytes.uint(at: &offset)
            self.writeLeft(StructID(client: client, clock: try bytes.clock(at: &offset)))
        }
        if entry.info & StructInfo.key != 0 { try self.writeText(bytes, at: &offset) }
    }

    private mutating func writeText(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) {
        self.texts.append(bytes, try bytes.block(at: &offset))
    }

    // MARK: Contents

    private mutating func writeContent(
        _ entry: StructEntry,
        _ bytes: Span<UInt8>,
        at offset: inout Int
    ) throws(DocumentError) {
        switch entry.kind {
        case StructInfo.deleted: self.lengths.append(UInt64(entry.length))
        case StructInfo.json:
            self.lengths.append(try bytes.uint(at: &offset))
            for _ in 0..<entry.length { try self.writeText(bytes, at: &offset) }
        case StructInfo.text: try self.writeText(bytes, at: &offset)
        case StructInfo.embed: self.writeJSON(bytes, try bytes.block(at: &offset))
        case StructInfo.format:
            try self.writeKey(bytes, at: &offset)
            self.writeJSON(bytes, try bytes.block(at: &offset))
        case StructInfo.type: try self.writeType(bytes, at: &offset)
        case StructInfo.values:
            self.lengths.append(try bytes.uint(at: &offset))
            self.rest.append(bytes, offset..<entry.bytes.upperBound)
        case StructInfo.subdocument:
            try self.writeText(bytes, at: &offset)
            self.rest.append(bytes, offset..<entry.bytes.upperBound)
        default: self.rest.append(bytes, offset..<entry.bytes.upperBound)
        }
    }

    private mutating func writeJSON(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        ValueJSON.append(json: bytes, range, to: &self.rest)
    }

    /// Yjs gives each key a new number, and never uses one again.
    private mutating func writeKey(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) {
        self.keyClocks.append(self.nextKey)
        self.nextKey += 1
        try self.writeText(bytes, at: &offset)
    }

    private mutating func writeType(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) {
        let type = try bytes.uint(at: &offset)
        guard type != StructInfo.SharedType.weakLink else { throw .unknownType(type) }
        self.types.append(type)
        if type == StructInfo.SharedType.element || type == StructInfo.SharedType.hook {
            try self.writeKey(bytes, at: &offset)
        }
    }

    // MARK: Deletions

    private mutating func write(_ deletes: ClockSet) {
        self.rest.append(uint: UInt64(deletes.table.rows.count))
        for (row, place) in deletes.table.rows.enumerated() {
            let ranges = deletes.table.elements(row)
            self.rest.append(uint: place.client)
            self.rest.append(uint: UInt64(ranges.count))
            var end: UInt32 = 0
            for range in ranges {
                self.rest.append(uint: UInt64(range.start - end))
                self.rest.append(uint: UInt64(range.end - range.start - 1))
                end = range.end
            }
        }
    }
}
