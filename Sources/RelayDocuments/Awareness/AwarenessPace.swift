/// How many of a connection's entries are told to others in a second. What is above is not queued: only that a client has something newer
/// is remembered.
struct AwarenessPace<Connection: Hashable & Sendable>: Sendable {
    private struct Second: Sendable {
        var start: Duration
        var told = 0
        var held: Set<UInt64> = []
    }

    private let perSecond: Int
    private var seconds: [Connection: Second] = [:]

    init(perSecond: Int) {
        self.perSecond = perSecond
    }

    /// When something is held no longer.
    var deadline: Duration? {
        self.seconds.values.filter { !$0.held.isEmpty }.map { $0.start + .seconds(1) }.min()
    }

    mutating func mayTell(_ client: UInt64, of connection: Connection, now: Duration) -> Bool {
        var second = self.seconds[connection] ?? Second(start: now)
        defer { self.seconds[connection] = second }
        if second.held.isEmpty, now >= second.start + .seconds(1) { second = Second(start: now) }
        guard second.told < self.perSecond, !second.held.contains(client) else {
            second.held.insert(client)
            return false
        }
        second.told += 1
        return true
    }

    /// - Returns: the clients whose newest entry is to be told now.
    mutating func timePassed(now: Duration) -> Set<UInt64> {
        var due: Set<UInt64> = []
        for (connection, second) in self.seconds where now >= second.start + .seconds(1) {
            due.formUnion(second.held)
            self.seconds[connection] = second.held.isEmpty ? nil : Second(start: now, told: second.held.count)
        }
        return due
    }

    mutating func forget(_ connection: Connection) {
        self.seconds[connection] = nil
    }
}
