/// What a document has for each client, by falling client id, as updates are written.
///
/// The elements of all clients lie in one array, so that a client with few of them costs little. A client whose elements change gets an
/// array of its own until the table is made anew.
struct ClientTable<Element: Sendable>: Sendable {
    struct Row: Sendable {
        let client: UInt64
        fileprivate var start: Int32
        fileprivate var count: Int32
        /// For the owner of the table: the end of the gapless clocks from 0, where the elements are structs.
        var mark: UInt32 = 0
        /// In use, unless empty, in place of the part of the common array.
        fileprivate var own: [Element] = []
    }

    private(set) var rows: [Row] = []
    private var shared: [Element] = []

    var isEmpty: Bool { self.rows.isEmpty }
    var elementCount: Int { self.rows.reduce(0) { $0 + ($1.own.isEmpty ? Int($1.count) : $1.own.count) } }

    /// Bytes that it takes, with what its arrays have reserved.
    var memory: Int {
        let owned = self.rows.reduce(0) {
            $0 + ($1.own.isEmpty ? 0 : $1.own.capacity * MemoryLayout<Element>.stride + 32)
        }
        return self.rows.capacity * MemoryLayout<Row>.stride + self.shared.capacity * MemoryLayout<Element>.stride
            + owned + 64
    }

    func elements(_ row: Int) -> ArraySlice<Element> {
        let place = self.rows[row]
        guard place.own.isEmpty else { return place.own[...] }
        return self.shared[Int(place.start)..<Int(place.start + place.count)]
    }

    func elements(of client: UInt64) -> ArraySlice<Element> {
        guard let row = self.row(of: client) else { return [] }
        return self.elements(row)
    }

    func row(of client: UInt64) -> Int? {
        let place = self.place(of: client)
        guard place < self.rows.count, self.rows[place].client == client else { return nil }
        return place
    }

    /// The first row whose client is not above `client`.
    private func place(of client: UInt64) -> Int {
        var low = 0
        var high = self.rows.count
        while low < high {
            let middle = (low + high) / 2
            if self.rows[middle].client > client { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Changes

    /// Makes room at once for as many elements of clients that are appended.
    mutating func reserve(_ elements: Int) { self.shared.reserveCapacity(elements) }

    /// Adds a client below all others. Its elements must not be empty.
    mutating func append(client: UInt64, _ elements: some Collection<Element>, mark: UInt32 = 0) {
        let start = Int32(self.shared.count)
        self.shared.append(contentsOf: elements)
        self.rows.append(Row(client: client, start: start, count: Int32(self.shared.count) - start, mark: mark))
    }

    /// Adds a client below all others, whose elements are read right into the table: nearly all updates are small, and an array for each of
    /// their clients would cost more than the reading.
    ///
    /// - Parameter fill: appends the client's elements and returns the row's mark. Where it appends none, there is no row.
    @inline(__always)
    mutating func append(
        client: UInt64,
        _ fill: (inout [Element]) throws(DocumentError) -> UInt32
    ) throws(DocumentError) {
        let start = self.shared.count
        let mark = try fill(&self.shared)
        guard self.shared.count > start else { return }
        self.rows.append(
            Row(client: client, start: Int32(start), count: Int32(self.shared.count - start), mark: mark)
        )
    }

    /// Changes a client's elements, of which some must remain.
    mutating func change(_ row: Int, _ body: (inout [Element]) -> Void) {
        if self.rows[row].own.isEmpty { self.rows[row].own = Array(self.elements(row)) }
        body(&self.rows[row].own)
    }

    /// Takes a client out.
    mutating func remove(_ row: Int) { self.rows.remove(at: row) }

    mutating func setMark(_ mark: UInt32, row: Int) {
        self.rows[row].mark = mark
    }

    /// Adds clients that it does not have. One pass over the table, however many they are.
    ///
    /// - Parameter added: by falling id, none with empty elements.
    mutating func insert(_ added: [(client: UInt64, elements: [Element])]) {
        guard added.count > 1 else {
            guard let one = added.first else { return }
            let row = Row(client: one.client, start: 0, count: 0, own: one.elements)
            return self.rows.insert(row, at: self.place(of: one.client))
        }
        var merged: [Row] = []
        merged.reserveCapacity(self.rows.count + added.count)
        var next = 0
        for row in self.rows {
            while next < added.count, added[next].client > row.client {
                merged.append(Row(client: added[next].client, start: 0, count: 0, own: added[next].elements))
                next += 1
            }
            merged.append(row)
        }
        for one in added[next...] {
            merged.append(Row(client: one.client, start: 0, count: 0, own: one.elements))
        }
        self.rows = merged
    }

    /// Gives back what was reserved for growth.
    mutating func trim() {
        var compact = ClientTable()
        compact.rows.reserveCapacity(self.rows.count)
        compact.shared.reserveCapacity(self.elementCount)
        for (row, place) in self.rows.enumerated() {
            compact.append(client: place.client, self.elements(row), mark: place.mark)
        }
        self = compact
    }
}
