import DequeModule
import RelayWire

/// Which members of a roster were touched of late, so that who knew it a while ago can be told what has changed since.
struct RosterLog {
    /// A member was touched.
    private struct Entry {
        let id: MessageID
        let connection: ConnectionID
        /// Whether it was there before.
        let wasThere: Bool
        /// As it was, where it is not there after this.
        let left: PresenceMember?
    }

    /// What became of one member between a place and the roster's end.
    struct Touch {
        let connection: ConnectionID
        /// Whether it was there at that place.
        let wasThere: Bool
        /// As it was before it left last.
        var left: PresenceMember?
        /// By which entry it was touched last.
        var last: Int
    }

    private var entries: Deque<Entry> = []
    /// From here on nothing is missing.
    private(set) var floor: MessageID
    /// What members that left cost.
    private(set) var cost = 0

    init(floor: MessageID) {
        self.floor = floor
    }

    var count: Int { self.entries.count }

    /// - Parameter id: of the message that did it. Not before those noted before.
    mutating func note(_ connection: ConnectionID, wasThere: Bool, left: PresenceMember?, at id: MessageID) {
        self.entries.append(Entry(id: id, connection: connection, wasThere: wasThere, left: left))
        self.cost += left?.cost ?? 0
    }

    /// Forgets the oldest, until no more than so many are left, and what is kept of those that left costs no more.
    mutating func shrink(toCount count: Int, cost: Int) {
        while self.entries.count > count || self.cost > cost, let first = self.entries.popFirst() {
            self.cost -= first.left?.cost ?? 0
            self.floor = first.id
        }
        // What else the same message has done is not whole any more.
        while let first = self.entries.first, first.id <= self.floor {
            self.cost -= first.left?.cost ?? 0
            self.entries.removeFirst()
        }
    }

    /// Who was touched after a place, in the order in which they were touched last.
    ///
    /// - Returns: nil where that is not known any more.
    func touched(after id: MessageID) -> [Touch]? {
        guard id >= self.floor else { return nil }
        var touches: [ConnectionID: Touch] = [:]
        for index in self.firstIndex(after: id)..<self.entries.count {
            let entry = self.entries[index]
            var touch =
                touches[entry.connection]
                ?? Touch(connection: entry.connection, wasThere: entry.wasThere, left: nil, last: index)
            touch.last = index
            touch.left = entry.left ?? touch.left
            touches[entry.connection] = touch
        }
        return touches.values.sorted { $0.last < $1.last }
    }

    private func firstIndex(after id: MessageID) -> Int {
        var (low, high) = (0, self.entries.count)
        while low < high {
            let middle = low + (high - low) / 2
            if self.entries[middle].id > id { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
