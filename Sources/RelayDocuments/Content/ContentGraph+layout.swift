extension ContentGraph {
    /// Makes the items, cut where they have to be, in no list yet.
    mutating func layOut(
        _ index: UpdateIndex,
        _ cuts: StructCuts,
        maxItems: Int
    ) throws(DocumentError) {
        guard index.structs.elementCount <= maxItems, maxItems < Int32.max else { throw .tooLarge }
        self.items.reserveCapacity(index.structs.elementCount)
        var cuts = cuts.walk()
        for (row, client) in self.clients.enumerated() {
            self.starts.append(self.items.count)
            var parts = PieceWriter(client: client)
            for entry in index.structs.elements(row) {
                var from: UInt32 = 0
                while from < entry.length {
                    let to = cuts.end(of: entry, of: client, from: from)
                    guard self.items.count < maxItems else { throw .tooLarge }
                    self.append(Piece(entry, from: from, to: to), row: row, &parts)
                    from = to
                }
            }
        }
        self.starts.append(self.items.count)
    }

    private mutating func append(_ piece: Piece, row: Int, _ parts: inout PieceWriter) {
        var item = ContentItem(row: Int32(row), piece: piece)
        switch piece.kind {
        case StructInfo.gc: item.isForgotten = true
        case StructInfo.deleted: break
        case StructInfo.text, StructInfo.json, StructInfo.values:
            item.content = parts.part(of: piece, in: self.bytes.span)
        default:
            let start = self.bytes.span.checkedHeader(piece.entry).content
            item.content = TextPart(bytes: start..<piece.entry.bytes.upperBound)
        }
        self.items.append(item)
    }

    /// Finds what the items name as their origins and parents.
    mutating func resolve(_ index: UpdateIndex) throws(DocumentError) {
        var item = 0
        for row in self.clients.indices {
            for entry in index.structs.elements(row) {
                let first = item
                if entry.kind != StructInfo.gc { try self.resolve(item, entry) }
                item += 1
                while item < self.starts[row + 1], self.items[item].clock < entry.end {
                    // The rest of what was cut inherits from the part before.
                    self.items[item].origin = Int32(item - 1)
                    self.items[item].rightOrigin = self.items[first].rightOrigin
                    item += 1
                }
            }
        }
    }

    private mutating func resolve(_ item: Int, _ entry: StructEntry) throws(DocumentError) {
        let head = try self.bytes.span.itemHead(entry)
        if let left = head.leftOrigin { self.items[item].origin = self.place(left, for: item) }
        if let right = head.rightOrigin { self.items[item].rightOrigin = self.place(right, for: item) }
        guard let parent = head.parent else { return }
        if let key = head.key { self.items[item].entry = self.key(self.bytes.span.copy(key)) }
        switch parent {
        case .root(let name): self.items[item].parent = self.root(self.bytes.span.copy(name))
        case .item(let id): self.items[item].holder = self.place(id, for: item)
        }
    }

    /// Where a struct is that an item needs, which is an orphan if there is none.
    private mutating func place(_ id: StructID, for item: Int) -> Int32 {
        let row = Int(self.items[item].row)
        // What was typed before, mostly.
        if item > self.starts[row], self.items[item - 1].end == id.clock &+ 1, self.clients[row] == id.client {
            return Int32(item - 1)
        }
        guard let place = self.item(id) else {
            self.items[item].isOrphan = true
            return -1
        }
        // A struct can't name a later one of its own client.
        if self.items[place].row == Int32(row), place >= item { self.items[item].isOrphan = true }
        return Int32(place)
    }
}
