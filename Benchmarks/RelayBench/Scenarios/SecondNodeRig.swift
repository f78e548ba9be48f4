/// A load on two relays that share their storage: starts the second one, and stops it in the end.
struct SecondNodeRig: Rig {
    private let second: Server
    private let load: any Rig

    init(_ bench: Bench, on storage: SharedStorage, load: (Server) async throws -> any Rig) async throws {
        self.second = try await bench.launcher.launch(.relay, storage: .valkey(storage))
        do {
            self.load = try await load(self.second)
        } catch {
            await self.second.stop()
            throw error
        }
    }

    func measure() async throws -> [Metric: Double] {
        try await self.load.measure()
    }

    func tearDown() async {
        await self.load.tearDown()
        await self.second.stop()
    }
}
