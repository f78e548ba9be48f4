import NIOCore

/// Which ids lead to which connections, open ones and, for a while, ended ones.
struct ConnectionTable {
    enum Entry {
        case open(QUICConnection)
        case ended(EndedConnections.Ended)
    }

    private var entries: [ConnectionID: Entry] = [:]
    private var ended: EndedConnections

    /// - Parameter mostEnded: how many connections are remembered that are over.
    init(mostEnded: Int) {
        self.ended = EndedConnections(most: mostEnded)
    }

    subscript(id: ConnectionID) -> Entry? { self.entries[id] }

    /// The open connections, each once.
    var connections: [QUICConnection] {
        var all: [ObjectIdentifier: QUICConnection] = [:]
        for case .open(let connection) in self.entries.values { all[ObjectIdentifier(connection)] = connection }
        return Array(all.values)
    }

    mutating func add(_ id: ConnectionID, of connection: QUICConnection) {
        connection.ids.insert(id)
        self.entries[id] = .open(connection)
    }

    mutating func remove(_ id: ConnectionID, of connection: QUICConnection) {
        connection.ids.remove(id)
        self.entries[id] = nil
    }

    mutating func remove(_ connection: QUICConnection) {
        for id in connection.ids { self.entries[id] = nil }
    }

    /// A connection is over, and packets for it may come yet.
    ///
    /// - Parameter farewell: what its peer was told; nil where it was the peer that ended it.
    mutating func end(_ connection: QUICConnection, until moment: NIODeadline, farewell: ByteBuffer?) {
        let ids = connection.ids
        let (ended, gone) = self.ended.add(ids, until: moment, farewell: farewell, path: connection.path)
        for id in gone { self.forget(id) }
        for id in ids { self.entries[id] = .ended(ended) }
    }

    /// When ``forgetEnded(at:)`` has something to do; nil: never.
    var nextToForget: NIODeadline? { self.ended.next }

    mutating func forgetEnded(at now: NIODeadline) {
        for id in self.ended.expired(at: now) { self.forget(id) }
    }

    private mutating func forget(_ id: ConnectionID) {
        if case .ended = self.entries[id] { self.entries[id] = nil }
    }
}
