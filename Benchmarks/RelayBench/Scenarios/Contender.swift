/// One side of a comparison: a server, and the load put on it.
struct Contender<Key: Hashable & Sendable>: Sendable {
    let key: Key
    let kind: ServerKind
    var storage = Launcher.Storage.memory
    let rig: @Sendable (Server) async throws -> any Rig
}

extension Contender where Key == ServerKind {
    /// The same load for every kind of server.
    static func each(_ kinds: [ServerKind], rig: @escaping @Sendable (Server) async throws -> any Rig) -> [Contender] {
        kinds.map { Contender(key: $0, kind: $0, rig: rig) }
    }
}
