/// A whole document: all items in their lists. Made once, then only asked.
///
/// Everything is a place in an array, so that there are no references that could form a circle and nothing is freed one by one.
struct ContentGraph: Sendable {
    /// Of the update that it was made of.
    let bytes: [UInt8]
    /// By falling id.
    let clients: [UInt64]
    /// Client after client, clocks rising.
    var items: [ContentItem] = []
    /// Where each client's items begin, and where the last one's end.
    var starts: [Int] = []

    var types: [ContentType] = []
    var roots: [[UInt8]: Int32] = [:]
    var keys: [[UInt8]] = []
    var entries: [ContentEntry] = []
    /// How far each client's items are in their lists.
    var next: [Int] = []
    private var keyPlaces: [[UInt8]: Int32] = [:]
    private var entryPlaces: [EntryPlace: Int32] = [:]

    private struct EntryPlace: Hashable {
        let type: Int32
        let key: Int32
    }

    private init(_ update: Update) {
        self.bytes = update.bytes
        self.clients = update.index.structs.rows.map(\.client)
    }

    /// - Parameter cuts: at least the update's own.
    /// - Throws: `tooLarge` beyond the limits.
    static func integrated(
        _ update: Update,
        cuts: StructCuts,
        limits: ContentLimits
    ) throws(DocumentError) -> ContentGraph {
        var graph = ContentGraph(update)
        try graph.layOut(update.index, cuts, maxItems: limits.maxItems)
        try graph.resolve(update.index)
        var integration = Integration(consume graph, maxSteps: limits.maxSteps)
        try integration.run()
        var whole = integration.finish()
        whole.delete(update.index.deletes)
        return whole
    }

    // MARK: Finding

    /// The item that has the clock; nil if there is none.
    func item(row: Int, clock: UInt32) -> Int? {
        var low = self.starts[row]
        var high = self.starts[row + 1]
        while low < high {
            let middle = (low + high) / 2
            if self.items[middle].end <= clock { low = middle + 1 } else { high = middle }
        }
        guard low < self.starts[row + 1], self.items[low].clock <= clock else { return nil }
        return low
    }

    func item(_ id: StructID) -> Int? {
        self.row(of: id.client).flatMap { self.item(row: $0, clock: id.clock) }
    }

    private func row(of client: UInt64) -> Int? {
        var low = 0
        var high = self.clients.count
        while low < high {
            let middle = (low + high) / 2
            if self.clients[middle] > client { low = middle + 1 } else { high = middle }
        }
        return low < self.clients.count && self.clients[low] == client ? low : nil
    }

    /// The id of an item's first clock.
    func id(_ item: Int) -> StructID {
        StructID(client: self.clients[Int(self.items[item].row)], clock: self.items[item].clock)
    }

    /// The entry of a key; nil if it never had a value.
    func entry(type: Int32, key: [UInt8]) -> Int32? {
        self.keyPlaces[key].flatMap { self.entryPlaces[EntryPlace(type: type, key: $0)] }
    }

    // MARK: Making

    /// The root of a name, made if need be.
    mutating func root(_ name: [UInt8]) -> Int32 {
        if let root = self.roots[name] { return root }
        let root = Int32(self.types.count)
        self.types.append(ContentType(item: -1, name: name, kind: .root))
        self.roots[name] = root
        return root
    }

    mutating func key(_ name: [UInt8]) -> Int32 {
        if let key = self.keyPlaces[name] { return key }
        let key = Int32(self.keys.count)
        self.keys.append(name)
        self.keyPlaces[name] = key
        return key
    }

    /// The entry of a key, made if need be.
    mutating func entry(type: Int32, key: Int32) -> Int32 {
        let place = EntryPlace(type: type, key: key)
        if let entry = self.entryPlaces[place] { return entry }
        let entry = Int32(self.entries.count)
        self.entries.append(ContentEntry(key: key, next: self.types[Int(type)].firstEntry))
        self.types[Int(type)].firstEntry = entry
        self.entryPlaces[place] = entry
        return entry
    }

    private mutating func delete(_ deletes: ClockSet) {
        for (place, section) in deletes.table.rows.enumerated() {
            guard let row = self.row(of: section.client) else { continue }
            var item = self.starts[row]
            for range in deletes.table.elements(place) {
                while item < self.starts[row + 1], self.items[item].end <= range.start { item += 1 }
                while item < self.starts[row + 1], self.items[item].clock < range.end {
                    self.items[item].isDeleted = true
                    item += 1
                }
            }
        }
    }
}
