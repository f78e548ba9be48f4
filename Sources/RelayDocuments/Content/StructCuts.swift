/// Where structs are cut before any is put into a list: behind left origins, in front of right ones, at the borders of deletions. So nothing
/// has to be cut later, and the parts of a client stay in one sorted array.
struct StructCuts: Sendable {
    struct Cut: Hashable, Sendable {
        let client: UInt64
        let clock: UInt32

        /// Whether it lies at a place or before it.
        fileprivate func isPassed(_ client: UInt64, _ clock: UInt32) -> Bool {
            self.client > client || self.client == client && self.clock <= clock
        }
    }

    /// By falling client id, clocks rising.
    private let cuts: [Cut]

    /// - Parameter updates: of several, each is cut where another's structs begin or end, too.
    init(_ updates: [Update]) {
        var cuts: [Cut] = []
        for update in updates {
            Self.addOrigins(of: update, to: &cuts)
            let deletes = update.index.deletes.table
            for (row, place) in deletes.rows.enumerated() {
                for range in deletes.elements(row) {
                    cuts.append(Cut(client: place.client, clock: range.start))
                    cuts.append(Cut(client: place.client, clock: range.end))
                }
            }
            if updates.count > 1 { Self.addBorders(of: update, to: &cuts) }
        }
        cuts.sort { ($1.client, $0.clock) < ($0.client, $1.clock) }
        self.cuts = cuts
    }

    /// Goes through the cuts beside structs that come in the same order.
    struct Walk {
        private let cuts: [Cut]
        private var next = 0

        fileprivate init(_ cuts: [Cut]) {
            self.cuts = cuts
        }

        /// Where the part of a struct ends that begins at `from`, in clocks from the struct's own.
        mutating func end(of entry: StructEntry, of client: UInt64, from: UInt32) -> UInt32 {
            let start = entry.clock + from
            while self.next < self.cuts.count, self.cuts[self.next].isPassed(client, start) { self.next += 1 }
            guard self.next < self.cuts.count, self.cuts[self.next].client == client,
                self.cuts[self.next].clock < entry.end
            else { return entry.length }
            return self.cuts[self.next].clock - entry.clock
        }
    }

    func walk() -> Walk { Walk(self.cuts) }

    private static func addOrigins(of update: Update, to cuts: inout [Cut]) {
        let structs = update.index.structs
        for row in structs.rows.indices {
            let client = structs.rows[row].client
            for entry in structs.elements(row) where entry.kind != StructInfo.gc {
                let header = update.bytes.span.checkedHeader(entry)
                if let left = header.leftOrigin, left.clock < .max,
                    // Typing goes on where a struct ends, which is cut already.
                    left.client != client || left.clock + 1 != entry.clock
                {
                    cuts.append(Cut(client: left.client, clock: left.clock + 1))
                }
                if let right = header.rightOrigin { cuts.append(Cut(client: right.client, clock: right.clock)) }
            }
        }
    }

    private static func addBorders(of update: Update, to cuts: inout [Cut]) {
        let structs = update.index.structs
        for row in structs.rows.indices {
            let client = structs.rows[row].client
            for entry in structs.elements(row) {
                cuts.append(Cut(client: client, clock: entry.clock))
                cuts.append(Cut(client: client, clock: entry.end))
            }
        }
    }
}
