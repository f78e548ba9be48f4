import RelayAccess
import RelayCore

/// Which of a webhook's topics somebody reads, and what its receiver knows of that.
///
/// There are no more than so many, each charged. Those that it knows stay while they are read, so others wait until one of them goes. One that
/// polls has no reader from one poll to the next: its topic counts as left once it was missed in two looks.
struct TopicOccupancy {
    private struct Entry {
        var isTold: Bool
        /// Looks since somebody was seen that reads it, up to 2.
        var misses: Int
        let charge: MemoryCharge
    }

    private let most: Int
    private var entries: [TopicKey: Entry] = [:]

    /// - Parameters:
    ///   - most: topics at a time.
    ///   - told: topics that are read as far as the receiver knows.
    ///   - charge: what a topic costs. Those that the receiver knows are held in any case.
    init(most: Int, told: [TopicKey], charge: () -> MemoryCharge) {
        self.most = most
        for key in told.prefix(most) { self.entries[key] = Entry(isTold: true, misses: 0, charge: charge()) }
    }

    var count: Int { self.entries.count }

    /// Names of the topics that are read as far as the receiver knows, in byte order.
    var told: [String] {
        self.entries.filter(\.value.isTold).map(\.key.name.rawValue).sorted { ExactText($0) < ExactText($1) }
    }

    /// Takes note of which topics somebody reads now.
    ///
    /// - Parameter charge: what a topic costs; nil where there is no room for one more.
    /// - Returns: topics of which the receiver may be told something.
    mutating func found(_ read: Set<TopicKey>, charge: () -> MemoryCharge?) -> [TopicKey] {
        for key in Array(self.entries.keys) {
            let misses = self.entries[key]?.misses ?? 0
            self.entries[key]?.misses = read.contains(key) ? 0 : min(2, misses + 1)
        }
        let new = read.filter { self.entries[$0] == nil }
        if self.entries.count < self.most {
            for key in new.sorted(by: { ExactText($0.name.rawValue) < ExactText($1.name.rawValue) }) {
                guard self.entries.count < self.most, let charge = charge() else { break }
                self.entries[key] = Entry(isTold: false, misses: 0, charge: charge)
            }
        }
        return self.entries.filter { $0.value.isTold ? $0.value.misses == 2 : true }.map(\.key)
    }

    /// Whether all that are read have a place, and the receiver knows of each that it is read.
    func isSettled(in read: Set<TopicKey>) -> Bool {
        self.entries.count == read.count && self.entries.values.allSatisfy { $0.isTold && $0.misses == 0 }
    }

    /// What the receiver is to be told of a topic; nil where it knows.
    func news(of key: TopicKey) -> WebhookEvent? {
        guard let entry = self.entries[key] else { return nil }
        return switch (entry.isTold, entry.misses) {
        case (false, 0): .occupied
        case (true, 2): .vacated
        default: nil
        }
    }

    /// The receiver knows of it, or is not to be told.
    mutating func settle(_ event: WebhookEvent, of key: TopicKey) { self.entries[key]?.isTold = event == .occupied }

    /// Forgets a topic that nobody reads, where the receiver knows of no reader.
    ///
    /// - Returns: whether it is forgotten.
    mutating func forget(_ key: TopicKey) -> Bool {
        guard let entry = self.entries[key] else { return true }
        guard !entry.isTold, entry.misses > 0 else { return false }
        self.entries[key] = nil
        return true
    }
}
