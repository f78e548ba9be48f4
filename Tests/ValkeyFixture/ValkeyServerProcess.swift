public import Foundation
import NIOCore
import NIOPosix
import ProgramFixture
import Synchronization

/// A server of a test's own, on a free port of 127.0.0.1, with its files in a temporary folder. Stop it before the test ends.
///
/// The program is `valkey-server`, or `redis-server` where that isn't installed.
public final class ValkeyServerProcess: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let port: Int
    /// Holds its files and its log.
    public let directory: URL
    private let options: ValkeyServerOptions
    private let running: Mutex<Running?>

    private struct Running {
        let id: Int32
        let exited: EventLoopFuture<Void>
    }

    private init(port: Int, directory: URL, options: ValkeyServerOptions) {
        self.port = port
        self.directory = directory
        self.options = options
        self.running = Mutex(nil)
    }

    /// Starts a server, on another port if somebody was quicker. Returns when it accepts connections.
    public static func start(_ options: ValkeyServerOptions = ValkeyServerOptions()) async throws -> ValkeyServerProcess
    {
        let directory = FileManager.default.temporaryDirectory.appending(path: "valkey-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var failure: any Error = Failure(description: "no port is free")
        for _ in 0..<5 {
            let server = ValkeyServerProcess(port: try await self.port(options), directory: directory, options: options)
            do {
                try await server.launch()
                return server
            } catch {
                failure = error
            }
        }
        try? FileManager.default.removeItem(at: directory)
        throw failure
    }

    /// Starts it, runs the body, and stops it whatever happens.
    public static func with<Value>(
        _ options: ValkeyServerOptions = ValkeyServerOptions(),
        _ body: (ValkeyServerProcess) async throws -> Value
    ) async throws -> Value {
        let server = try await self.start(options)
        do {
            let value = try await body(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Stops it in its tracks (SIGSTOP): its connections stay open and silent.
    public func pause() {
        self.signal(SIGSTOP)
    }

    public func resume() {
        self.signal(SIGCONT)
    }

    /// Ends it by SIGKILL. Returns when it is gone.
    public func kill() async {
        await self.end(by: SIGKILL)
    }

    /// Ends it, paused or not, and removes its files.
    public func stop() async {
        await self.end(by: SIGKILL)
        try? FileManager.default.removeItem(at: self.directory)
    }

    /// Ends it by SIGTERM if it runs, and starts it again on the same port and in the same folder.
    public func restart() async throws {
        await self.end(by: SIGTERM)
        try await self.launch()
    }

    /// The end of its log.
    public var lastWords: String {
        let log = try? Data(contentsOf: self.directory.appending(path: "server.log"))
        return String(String(decoding: log ?? Data(), as: UTF8.self).suffix(2_000))
    }

    /// Only while it wasn't seen to exit: afterwards its id may be another's.
    private func signal(_ signal: Int32) {
        self.running.withLock { running in
            if let running { Foundation.kill(running.id, signal) }
        }
    }

    private func end(by signal: Int32) async {
        self.signal(signal)
        if signal != SIGKILL { self.signal(SIGCONT) }
        let exited = self.running.withLock { $0?.exited }
        // One that writes its log anew takes no notice of SIGTERM.
        let again = Task {
            while true {
                try await Task.sleep(for: .seconds(1))
                self.signal(signal)
            }
        }
        try? await exited?.get()
        again.cancel()
        self.running.withLock { $0 = nil }
    }

    private func launch() async throws {
        let log = self.directory.appending(path: "server.log")
        try self.run(log: log)
        let deadline = ContinuousClock.now + .seconds(20)
        while self.isRunning, ContinuousClock.now < deadline {
            if await self.accepts(), self.isRunning { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        await self.end(by: SIGKILL)
        throw Failure(description: "the server did not start: \(self.lastWords)")
    }

    private func run(log: URL) throws {
        let process = Process()
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        process.executableURL = try self.options.isRecent ? Self.recent() : Self.executable()
        process.arguments = self.options.commandLine(port: self.port, directory: self.directory.path())
        process.currentDirectoryURL = self.directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let exited = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        process.terminationHandler = { _ in
            self.running.withLock { $0 = nil }
            exited.succeed(())
        }
        do {
            // Under the lock, so that an exit at once is not noted before the start.
            try self.running.withLock { running in
                try withoutBlockedSignals { try process.run() }
                running = Running(id: process.processIdentifier, exited: exited.futureResult)
            }
        } catch {
            exited.succeed(())
            throw error
        }
    }

    public var isRunning: Bool {
        self.running.withLock { $0 != nil }
    }

    private func accepts() async -> Bool {
        let connection = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: self.port).get()
        try? await connection?.close().get()
        return connection != nil
    }

    private static func executable() throws -> URL {
        for path in self.installed + ["/usr/bin/redis-server"] where FileManager.default.isExecutableFile(atPath: path)
        {
            return URL(filePath: path)
        }
        throw Failure(description: "neither valkey-server nor redis-server is installed")
    }

    /// Whether a server that knows `WAITAOF` is there: an installed Valkey, or the one that `scripts/fetch-valkey` fetches.
    public static var isRecentThere: Bool { (try? self.recent()) != nil }

    /// Why tests that need such a server don't run without it.
    public static let withoutRecent = "there is no Valkey 8: scripts/fetch-valkey fetches it"

    private static func recent() throws -> URL {
        let fetched = Installation.package.appending(path: ".build/valkey/root/usr/bin/valkey-server").path()
        for path in [fetched] + self.installed where FileManager.default.isExecutableFile(atPath: path) {
            return URL(filePath: path)
        }
        throw Failure(description: "there is no Valkey 8")
    }

    private static let installed = ["/usr/bin/valkey-server", "/usr/local/bin/valkey-server"]

    /// A port for it. A node of a cluster has another as well, which is the port and 10,000.
    private static func port(_ options: ValkeyServerOptions) async throws -> Int {
        for _ in 0..<100 {
            let port = try await freePort()
            guard options.arguments.contains("--cluster-enabled") else { return port }
            if port < 55_536, await self.isFree(port + 10_000) { return port }
        }
        throw Failure(description: "no port is free")
    }

    private static func isFree(_ port: Int) async -> Bool {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        guard let listener = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { return false }
        try? await listener.close().get()
        return true
    }
}
