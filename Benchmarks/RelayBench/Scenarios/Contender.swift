/// One side of a comparison: a server, and the load put on it.
struct Contender<Key: Hashable & Sendable>: Sendable {
    let key: Key
    let kind: ServerKind
    /// Starts what has to run, and puts the load on it; whatever it throws, nothing is left running.
    let setUp: @Sendable (Launcher) async throws -> (rig: any Rig, server: Server?)

    /// A server of its own.
    init(
        key: Key,
        kind: ServerKind,
        storage: Launcher.Storage = .memory,
        rig: @escaping @Sendable (Server) async throws -> any Rig
    ) {
        self.key = key
        self.kind = kind
        self.setUp = { launcher in
            let server = try await launcher.launch(kind, storage: storage)
            do {
                return (try await rig(server), server)
            } catch {
                await server.stop()
                throw error
            }
        }
    }

    /// A server of its own, which is started with the load.
    init(
        key: Key,
        kind: ServerKind,
        setUp: @escaping @Sendable (Launcher) async throws -> (rig: any Rig, server: Server?)
    ) {
        self.key = key
        self.kind = kind
        self.setUp = setUp
    }

    /// A server that runs already, and that somebody else stops.
    init(key: Key, running kind: ServerKind, rig: @escaping @Sendable () async throws -> any Rig) {
        self.key = key
        self.kind = kind
        self.setUp = { _ in (try await rig(), nil) }
    }
}

extension Contender where Key == ServerKind {
    /// The same load for every kind of server.
    static func each(_ kinds: [ServerKind], rig: @escaping @Sendable (Server) async throws -> any Rig) -> [Contender] {
        kinds.map { Contender(key: $0, kind: $0, rig: rig) }
    }
}
