import DequeModule
import RelayAccess

/// Records on their way to the store, bounded. What finds no room is counted, and said in the log once the store takes records again. So
/// nothing is lost in silence: each record has been a line of the log before it came here.
struct AuditQueue {
    /// Records that wait at most. They are some hundred bytes each, and 8 KiB at most.
    static let limit = 1_000
    /// Those that the store is given at once.
    static let batch = 100

    private var waiting: Deque<AuditRecord> = []
    /// Records that found no room since the store was last told of such.
    private(set) var lost = 0

    var isEmpty: Bool { self.waiting.isEmpty && self.lost == 0 }
    var count: Int { self.waiting.count }

    mutating func add(_ record: AuditRecord) {
        if self.waiting.count < Self.limit { self.waiting.append(record) } else { self.lost += 1 }
    }

    /// The next for the store. They stay until they are ``stored(_:)``.
    ///
    /// - Parameter lossRecord: makes the record that says how many were lost. It comes behind those that had found room.
    mutating func next(_ lossRecord: (Int) -> AuditRecord) -> [AuditRecord] {
        if self.lost > 0, self.waiting.count < Self.limit {
            self.waiting.append(lossRecord(self.lost))
            self.lost = 0
        }
        return Array(self.waiting.prefix(Self.batch))
    }

    /// The store has the first so many.
    mutating func stored(_ count: Int) {
        self.waiting.removeFirst(min(count, self.waiting.count))
    }
}
