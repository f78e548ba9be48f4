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
        let deadline = ContinuousClock.now + .seconds(10)
        while process.isRunning, ContinuousClock.now < deadline {
            // With nothing to load it serves as soon as it listens.
            if let connection = try? await self.client.open(port: port) {
                await connection.close()
                return SharedStorage(port: port, process: process, programs: programs)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let log = process.lastWords
        await process.stop()
        throw LaunchError.notReady(.valkey, log: log)
    }
}
