/// A running Valkey or Redis server, on which relays keep their messages. It writes nothing to disk.
struct SharedStorage: Sendable {
    let port: Int
    let process: ServerProcess
    /// Of every relay on it.
    let secrets = RelaySecrets()
    let programs: ValkeyPrograms
    /// What relays' keys begin with: those with the same one share everything, others nothing.
    private(set) var prefix = "bench:"

    func part(_ prefix: String) -> SharedStorage {
        var part = self
        part.prefix = prefix
        return part
    }

    func stop() async {
        await self.process.stop()
    }
}
