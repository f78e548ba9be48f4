import RelayWire

/// What named readers have acknowledged and the store does not have yet: of each reader the newest, whatever came before it. Pure.
struct AckBook {
    /// One reader's.
    struct Entry: Hashable {
        var position: ReaderPosition
        /// When it came.
        var at: Timestamp
        /// Whether the reader is made where there is none: its client came when its topic did not exist.
        var makesReader: Bool
    }

    private var waiting: [NamedReader: Entry] = [:]
    /// Handed out, and not answered yet.
    private var underWay: [NamedReader: Entry] = [:]

    /// Readers with something that the store may not have. A reader counts twice while it has something in either place.
    var count: Int { self.waiting.count + self.underWay.count }

    var isEmpty: Bool { self.count == 0 }

    /// Whether something of the reader waits: what is newer takes its place.
    func hasWaiting(of reader: NamedReader) -> Bool { self.waiting[reader] != nil }

    /// The newest that is known of a reader and not stored yet.
    func newest(of reader: NamedReader) -> Entry? { self.waiting[reader] ?? self.underWay[reader] }

    /// Takes an acknowledgement. One that does not move the reader changes nothing.
    ///
    /// - Returns: by how much ``count`` grew.
    mutating func add(_ entry: Entry, of reader: NamedReader) -> Int {
        guard let known = self.waiting[reader] else {
            if let last = self.underWay[reader], !last.position.isMoved(by: entry.position) { return 0 }
            self.waiting[reader] = entry
            return 1
        }
        if known.position.isMoved(by: entry.position) {
            self.waiting[reader]?.position = entry.position
            self.waiting[reader]?.at = entry.at
        }
        return 0
    }

    /// Hands out some of what waits, to be stored. Nothing while something is under way: so what is stored later is never the older.
    mutating func take(_ limit: Int) -> [(reader: NamedReader, entry: Entry)] {
        guard self.underWay.isEmpty else { return [] }
        let some = self.waiting.prefix(limit)
        for (reader, entry) in some {
            self.waiting[reader] = nil
            self.underWay[reader] = entry
        }
        return some.map { ($0.key, $0.value) }
    }

    /// What was handed out is stored.
    ///
    /// - Returns: by how much ``count`` fell.
    mutating func stored() -> Int {
        let count = self.underWay.count
        self.underWay = [:]
        return count
    }

    /// What was handed out is not stored: it waits again, unless something newer does.
    ///
    /// - Returns: by how much ``count`` fell.
    mutating func failed() -> Int {
        let before = self.count
        for (reader, entry) in self.underWay where self.waiting[reader] == nil { self.waiting[reader] = entry }
        self.underWay = [:]
        return before - self.count
    }

    /// Forgets what waits of a reader that is moved by force, or gone.
    ///
    /// - Returns: by how much ``count`` fell.
    mutating func forget(_ reader: NamedReader) -> Int { self.waiting.removeValue(forKey: reader) == nil ? 0 : 1 }
}
