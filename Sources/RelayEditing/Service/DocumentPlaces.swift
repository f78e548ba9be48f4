/// The places of those who are connected to a document. Nobody has all of them.
struct DocumentPlaces {
    private var holders: [UInt64: String?] = [:]
    private var counts: [String: Int] = [:]
    private var next: UInt64 = 1

    var count: Int { self.holders.count }
    var isEmpty: Bool { self.holders.isEmpty }

    /// - Parameter holder: a user, or an address of people without a token; nil for the relay itself, which has no bound of its own.
    /// - Returns: the connection's number.
    mutating func enter(_ holder: String?, within settings: DocumentSettings) throws(DocumentRefusal) -> UInt64 {
        guard self.holders.count < settings.maxConnections else { throw .tooManyConnections }
        if let holder {
            let count = self.counts[holder, default: 0]
            guard count < settings.maxConnectionsPerUser else { throw .tooManyOfUser }
            self.counts[holder] = count + 1
        }
        defer { self.next += 1 }
        self.holders[self.next] = .some(holder)
        return self.next
    }

    /// - Returns: false where there was no such connection.
    mutating func leave(_ connection: UInt64) -> Bool {
        guard let holder = self.holders.removeValue(forKey: connection) else { return false }
        if let holder, let count = self.counts[holder] { self.counts[holder] = count > 1 ? count - 1 : nil }
        // Nobody may come again for a while.
        if self.isEmpty { (self.holders, self.counts) = ([:], [:]) }
        return true
    }
}
