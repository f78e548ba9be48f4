import Foundation
import Synchronization

/// A server's operating system process, and those that it started.
final class ServerProcess: Sendable {
    /// Those running now, with their directories, so that an interrupted benchmark leaves none behind.
    private static let running = Mutex<[Int32: URL]>([:])

    let directory: URL
    let id: Int32
    private let process: Process

    /// Starts the program with its output in `server.log` of its own temporary directory.
    ///
    /// - Parameter arguments: given that directory.
    init(
        executable: URL,
        environment: [String: String] = [:],
        arguments: (URL) throws -> [String]
    ) throws {
        let files = FileManager.default
        self.directory = files.temporaryDirectory.appending(path: "relay-bench-\(UUID().uuidString)")
        try files.createDirectory(at: self.directory, withIntermediateDirectories: true)
        let log = self.directory.appending(path: "server.log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        self.process = Process()
        self.process.executableURL = executable
        self.process.arguments = try arguments(self.directory)
        self.process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        self.process.currentDirectoryURL = self.directory
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = output
        self.process.standardError = output
        try self.process.run()
        self.id = self.process.processIdentifier
        Self.running.withLock { $0[self.id] = self.directory }
    }

    var isRunning: Bool { self.process.isRunning }

    /// The end of what it printed.
    var lastWords: String {
        let log = try? String(contentsOf: self.directory.appending(path: "server.log"), encoding: .utf8)
        return String((log ?? "").suffix(500))
    }

    /// Waits until it has ended by itself, at most so long.
    func awaitEnd(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while self.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Waits until it has ended by itself, at most so long, and clears up.
    ///
    /// - Returns: the end of what it printed.
    func output(within limit: Duration) async throws -> String {
        try await self.awaitEnd(within: limit)
        let output = self.lastWords
        await self.stop()
        return output
    }

    /// Asks again and again whether it is ready.
    ///
    /// - Parameter kind: of server that it is.
    /// - Throws: ``LaunchError/notReady(_:log:)`` where it ends before, or takes longer. It is stopped then.
    func awaitReady(
        _ kind: ServerKind,
        within limit: Duration = .seconds(20),
        asking pause: Duration = .milliseconds(50),
        _ isReady: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while self.isRunning, ContinuousClock.now < deadline {
            if try await isReady() { return }
            try await Task.sleep(for: pause)
        }
        let log = self.lastWords
        await self.stop()
        throw LaunchError.notReady(kind, log: log)
    }

    /// Asks it to end, and kills it when it is still there after five seconds.
    func stop() async {
        self.process.terminate()
        // Also where the benchmark itself is being stopped.
        let deadline = ContinuousClock.now + .seconds(5)
        while self.process.isRunning, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        if self.process.isRunning {
            kill(self.id, SIGKILL)
        }
        Self.running.withLock { $0[self.id] = nil }
        try? FileManager.default.removeItem(at: self.directory)
    }

    /// Asks all to end, and gives them a moment to do so.
    static func stopAll() {
        let running = Self.running.withLock { $0 }
        for id in running.keys {
            kill(id, SIGTERM)
        }
        Thread.sleep(forTimeInterval: 0.3)
        for directory in running.values {
            try? FileManager.default.removeItem(at: directory)
        }
    }
}
