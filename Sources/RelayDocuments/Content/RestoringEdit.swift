/// The update that a restoration becomes: structs of one client, and deletions.
struct RestoringEdit {
    /// Where a struct is written.
    struct Place {
        enum Parent {
            case root([UInt8])
            case item(StructID)
        }

        var left: StructID?
        var right: StructID?
        /// Written only where there are no neighbours.
        let parent: Parent
        var key: [UInt8]?
    }

    private let client: UInt64
    private let firstClock: UInt32
    private var clock: UInt32
    private var count: UInt64 = 0
    private var structs: [UInt8] = []
    private var deletes: [UInt64: [ClockRange]] = [:]

    init(client: UInt64, clock: UInt32) {
        self.client = client
        self.firstClock = clock
        self.clock = clock
    }

    mutating func delete(_ item: ContentItem, of client: UInt64) {
        self.deletes[client, default: []].append(ClockRange(start: item.clock, end: item.end))
    }

    /// Writes the content of an item again.
    ///
    /// - Parameter bytes: what the item's content is in.
    /// - Returns: the id of the new struct's first clock.
    mutating func write(
        _ item: ContentItem,
        from bytes: Span<UInt8>,
        at place: Place
    ) throws(DocumentError) -> StructID {
        let (end, overflow) = self.clock.addingReportingOverflow(item.length)
        guard !overflow else { throw .clockTooLarge }
        let id = StructID(client: self.client, clock: self.clock)
        self.writeHead(kind: item.kind, place)
        let content = item.content
        switch item.kind {
        case StructInfo.text: self.structs.append(uint: UInt64(content.size))
        case StructInfo.json, StructInfo.values: self.structs.append(uint: UInt64(item.length))
        default: break
        }
        content.write(bytes, into: &self.structs)
        self.clock = end
        self.count += 1
        return id
    }

    private mutating func writeHead(kind: UInt8, _ place: Place) {
        let isFirst = place.left == nil && place.right == nil
        var info = kind
        if place.left != nil { info |= StructInfo.leftOrigin }
        if place.right != nil { info |= StructInfo.rightOrigin }
        if isFirst, place.key != nil { info |= StructInfo.key }
        self.structs.append(info)
        for id in [place.left, place.right] {
            if let id { self.append(id) }
        }
        guard isFirst else { return }
        switch place.parent {
        case .root(let name):
            self.structs.append(1)
            self.structs.append(block: name)
        case .item(let id):
            self.structs.append(0)
            self.append(id)
        }
        if let key = place.key { self.structs.append(block: key) }
    }

    private mutating func append(_ id: StructID) {
        self.structs.append(uint: id.client)
        self.structs.append(uint: UInt64(id.clock))
    }

    /// - Returns: nil if nothing was written or deleted.
    consuming func finish() throws(DocumentError) -> Update? {
        guard self.count > 0 || !self.deletes.isEmpty else { return nil }
        var bytes: [UInt8] = []
        bytes.append(uint: self.count > 0 ? 1 : 0)
        if self.count > 0 {
            bytes.append(uint: self.count)
            bytes.append(uint: self.client)
            bytes.append(uint: UInt64(self.firstClock))
            bytes.append(contentsOf: self.structs)
        }
        ClockSet(self.deletes.map { ($0.key, $0.value) }).encode(into: &bytes)
        return try Update(bytes)
    }
}
