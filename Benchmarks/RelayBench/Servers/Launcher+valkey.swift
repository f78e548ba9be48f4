import Foundation

extension Launcher {
    /// Starts a server as it comes, except that it saves nothing: `save ""` and `appendonly no`.
    func launchValkey() async throws -> SharedStorage {
        let programs = try ValkeyPrograms()
        let port = try await self.freePort()
        let process = try ServerProcess(executable: programs.server) { directory in
            [
                "--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir",
                directory.path(),
            ]
        }
        try await process.awaitReady(.valkey, within: .seconds(10), asking: .milliseconds(20)) {
            // With nothing to load it serves as soon as it listens.
            guard let connection = try? await self.client.open(port: port) else { return false }
            await connection.close()
            return true
        }
        return SharedStorage(port: port, process: process, programs: programs)
    }
}
