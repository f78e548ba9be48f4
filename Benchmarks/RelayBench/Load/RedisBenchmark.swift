import Foundation

/// Runs redis-benchmark, or valkey-benchmark, for what it tells of a server that is spoken to without a relay.
struct RedisBenchmark: Sendable {
    let executable: URL
    let port: Int
    let connections: Int
    /// Commands in flight on each connection.
    let pipelined: Int
    /// A command and its arguments.
    let command: [String]

    /// - Returns: commands per second, as it says itself.
    func run(requests: Int) async throws -> Double {
        let output = try await self.output(requests: requests)
        guard let rate = RedisBenchmarkReport(csv: output)?.rate, rate > 0 else {
            throw LoadError.unreadable(String(output.suffix(200)))
        }
        return rate
    }

    private func output(requests: Int) async throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = self.executable
        process.arguments =
            [
                "-h", "127.0.0.1", "-p", String(self.port), "-c", String(self.connections), "-P",
                String(self.pipelined), "-n", String(requests), "--csv",
            ] + self.command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                ended.resume(throwing: error)
            }
        }
        // Two lines, which a pipe holds whoever reads.
        let bytes = try pipe.fileHandleForReading.readToEnd()
        return String(decoding: bytes ?? Data(), as: UTF8.self)
    }
}
