import Foundation
import ProgramFixture
import Synchronization

/// The pair that `docker/supervise` runs, on ports and in a folder of its own. Can be started again after its end.
final class Supervised: Sendable {
    struct Child {
        let id: Int32
        let name: String
    }

    let visitor: Visitor
    private let folder: URL
    private let environment: [String: String]
    private let process = Mutex<ChildProcess?>(nil)

    private init(folder: URL, port: Int, valkey: Int) {
        self.folder = folder
        self.visitor = Visitor(url: "http://127.0.0.1:\(port)")
        self.environment = Installation.environment.merging([
            "RELAY_PROGRAM": Installation.relay.path(),
            "VALKEY_DATA": folder.appending(path: "data").path(),
            "VALKEY_PORT": String(valkey),
            "PULSAR_HOST": "127.0.0.1",
            "PULSAR_PORT": String(port),
            "PULSAR_BOOTSTRAP_ADMIN_USERNAME": Visitor.username,
            "PULSAR_BOOTSTRAP_ADMIN_PASSWORD": Visitor.password,
        ]) { $1 }
    }

    /// Ends it whatever happens.
    static func inFolder(_ body: (Supervised) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-pair-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let pair = Supervised(folder: folder, port: try await freePort(), valkey: try await freePort())
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(pair))
        } catch {
            result = .failure(error)
        }
        try await pair.end(by: SIGTERM)
        try result.get()
    }

    /// Returns when the relay is ready.
    func start() async throws {
        let process = try self.run("docker/supervise", log: "supervise.log")
        self.process.withLock { $0 = process }
        try await until("the pair is ready", within: .seconds(20)) { try await self.visitor.ready().status == 200 }
    }

    /// Whether `docker/health` says so.
    func isHealthy() async throws -> Bool {
        try await self.run("docker/health", log: "health.log").exit(within: .seconds(10)) == .code(0)
    }

    @discardableResult
    func end(by signal: Int32) async throws -> ChildProcess.Exit? {
        guard let process = self.process.withLock({ $0 }) else { return nil }
        process.signal(signal)
        return try await self.exit()
    }

    func exit() async throws -> ChildProcess.Exit? {
        guard let process = self.process.withLock({ $0 }) else { return nil }
        let exit = try await process.exit(within: .seconds(30))
        self.process.withLock { $0 = nil }
        return exit
    }

    var lastWords: String {
        let text = try? String(contentsOf: self.folder.appending(path: "supervise.log"), encoding: .utf8)
        return String((text ?? "").suffix(3_000))
    }

    /// The programs that it has started and that run now.
    func children() throws -> [Child] {
        guard let id = self.process.withLock({ $0?.id }) else { return [] }
        let list = try String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)
        return try list.split(separator: " ").compactMap { Int32($0) }.map { child in
            let name = try String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)
            return Child(id: child, name: name.trimmingCharacters(in: .newlines))
        }
    }

    private func run(_ script: String, log: String) throws -> ChildProcess {
        try ChildProcess(
            Installation.package.appending(path: script),
            [],
            environment: self.environment,
            directory: self.folder,
            log: self.folder.appending(path: log)
        )
    }
}
