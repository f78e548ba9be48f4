/// How much there is of documents and of their users on this relay.
extension DocumentService {
    /// Documents in memory.
    public var loadedCount: Int { self.loaded.count }

    /// Connections to them.
    public var connectionCount: Int { self.loaded.reduce(0) { $0 + $1.connectionCount } }

    /// Connections to each document in memory, by its name.
    public var connectionsByName: [(name: DocumentName, count: Int)] {
        self.loaded.map { ($0.name, $0.connectionCount) }.sorted { $0.0.text < $1.0.text }
    }
}
