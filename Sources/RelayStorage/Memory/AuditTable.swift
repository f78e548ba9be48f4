import RelayAccess
import RelayWire

/// The audit log: a value, owned by its store's lock.
struct AuditTable {
    /// In order of time.
    private var records: [AuditRecord] = []

    mutating func add(_ added: [AuditRecord], keeping most: Int) {
        for record in added {
            // Nearly all are the newest.
            let place = self.firstPlace { $0.place >= record.place }
            if place < self.records.count, self.records[place].place == record.place { continue }
            self.records.insert(record, at: place)
        }
        self.records.removeFirst(max(0, self.records.count - max(1, most)))
    }

    /// Newest first.
    func list(before place: AuditRecord.Place?, limit: Int) -> [AuditRecord] {
        let end = place.map { place in self.firstPlace { $0.place >= place } } ?? self.records.count
        return self.records[max(0, end - max(0, limit))..<end].reversed()
    }

    mutating func sweep(before moment: Timestamp) {
        self.records.removeFirst(self.firstPlace { $0.at >= moment })
    }

    /// - Parameter isThere: false up to some place, and true from there on.
    private func firstPlace(_ isThere: (AuditRecord) -> Bool) -> Int {
        var (low, high) = (0, self.records.count)
        while low < high {
            let middle = (low + high) / 2
            if isThere(self.records[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
