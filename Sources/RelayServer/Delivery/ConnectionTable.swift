import NIOCore

/// The connections of a loop, in one piece of memory with what is asked of them every second. So a look for those that are due touches none
/// of the others: with thousands of connections it would mostly wait for their memory.
struct ConnectionTable {
    private struct Entry {
        let id: ObjectIdentifier
        let connection: any LoopConnection
        /// Counts the table's connections, so that one that took another's place in memory is not taken for it.
        let number: UInt64
        let since: NIODeadline
        /// Until when the connection needs no tick.
        var rest: NIODeadline
    }

    private var entries: [Entry] = []
    private var places: [ObjectIdentifier: Int] = [:]
    private var lastNumber: UInt64 = 0

    var all: [any LoopConnection] { self.entries.map(\.connection) }

    mutating func add(_ connection: any LoopConnection) {
        let id = ObjectIdentifier(connection)
        guard self.places[id] == nil else { return }
        self.places[id] = self.entries.count
        self.lastNumber += 1
        self.entries.append(
            Entry(id: id, connection: connection, number: self.lastNumber, since: .now(), rest: .distantPast)
        )
    }

    /// The last connection takes its place.
    mutating func remove(_ connection: any LoopConnection) {
        guard let place = self.places.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        let last = self.entries.removeLast()
        guard place < self.entries.count else { return }
        self.entries[place] = last
        self.places[last.id] = place
    }

    /// The connection needs the next tick, whatever it said before.
    mutating func wake(_ connection: any LoopConnection) {
        guard let place = self.places[ObjectIdentifier(connection)] else { return }
        self.entries[place].rest = .distantPast
    }

    /// Where to begin with ``due(at:below:)``. It goes down from here through all connections that are in the table now. One that leaves
    /// meanwhile is replaced by the last, which was looked at before.
    var end: Int { self.entries.count }

    /// The next connection below `end` that needs a tick.
    func due(at now: NIODeadline, below end: Int) -> (place: Int, connection: any LoopConnection)? {
        var place = min(end, self.entries.count) - 1
        while place >= 0 {
            if self.entries[place].rest <= now { return (place, self.entries[place].connection) }
            place -= 1
        }
        return nil
    }

    /// - Parameter place: where the connection was before its tick, by which it may have left, or have been moved.
    mutating func rest(_ connection: any LoopConnection, at place: Int, until rest: NIODeadline) {
        let id = ObjectIdentifier(connection)
        let isThere = place < self.entries.count && self.entries[place].id == id
        if let place = isThere ? place : self.places[id] { self.entries[place].rest = rest }
    }

    func identities(where isWanted: (ObjectIdentifier) -> Bool) -> [ObjectIdentifier] {
        var wanted: [ObjectIdentifier] = []
        for place in self.entries.indices where isWanted(self.entries[place].id) {
            wanted.append(self.entries[place].id)
        }
        return wanted
    }

    /// The connections of some places below `end`, by which all are found in portions: see ``end``.
    ///
    /// - Parameter most: how many places are looked at.
    /// - Returns: where to go on; 0 where all were looked at.
    func names(below end: Int, most: Int) -> (names: [ConnectionName], end: Int) {
        let end = min(end, self.entries.count)
        let start = most >= end ? 0 : end - most
        return (self.entries[start..<end].map { ConnectionName(number: $0.number, id: $0.id) }, start)
    }

    /// - Returns: nil where it has left.
    func find(_ name: ConnectionName) -> (connection: any LoopConnection, since: NIODeadline)? {
        guard let place = self.places[name.id], self.entries[place].number == name.number else { return nil }
        return (self.entries[place].connection, self.entries[place].since)
    }

    subscript(id: ObjectIdentifier) -> (any LoopConnection)? {
        self.places[id].map { self.entries[$0].connection }
    }
}

/// By which a connection is found again, and no other taken for it.
struct ConnectionName: Sendable {
    let number: UInt64
    let id: ObjectIdentifier
}
