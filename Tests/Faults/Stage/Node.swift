import Foundation
import ProgramFixture
import Synchronization
import Testing
import ValkeyFixture

/// One relay of several: the program as built, which can be ended and started again on its port.
final class Node: Sendable {
    let port: Int
    let visitor: Visitor
    private let folder: URL
    private let environment: [String: String]
    private let process = Mutex<ChildProcess?>(nil)

    /// - Parameters:
    ///   - valkey: where the store is: ``server(on:)`` or ``cluster(_:)``.
    ///   - settings: keys of the configuration in upper case, without `PULSAR_`.
    init(port: Int, valkey: [String: String], settings: [String: String], folder: URL) {
        self.port = port
        self.folder = folder
        self.visitor = Visitor(url: "http://127.0.0.1:\(port)")
        let own = [
            "HOST": "127.0.0.1",
            "PORT": String(port),
            "STORAGE_BACKEND": "valkey",
            "VALKEY_COMMAND_TIMEOUT": "2",
            "JWT_SECRET_KEY": "a secret for the fault tests, long enough",
            "BOOTSTRAP_ADMIN_USERNAME": Visitor.username,
            "BOOTSTRAP_ADMIN_PASSWORD": Visitor.password,
            "RATE_LIMITS_ENABLED": "false",
        ].merging(valkey) { $1 }.merging(settings) { $1 }
        var environment = Installation.environment
        for (key, value) in own { environment["PULSAR_" + key] = value }
        self.environment = environment
    }

    static func server(on port: Int) -> [String: String] {
        ["VALKEY_HOST": "127.0.0.1", "VALKEY_PORT": String(port)]
    }

    static func cluster(_ cluster: ValkeyClusterProcess) -> [String: String] {
        ["VALKEY_CLUSTER_NODES": cluster.seeds.map { "\($0)" }.joined(separator: ",")]
    }

    var url: String { self.visitor.url }
    var lastWords: String {
        let log = self.folder.appending(path: "relay-\(self.port).log")
        return String(((try? String(contentsOf: log, encoding: .utf8)) ?? "").suffix(3_000))
    }

    /// The memory that it holds.
    func residentKiB() throws -> Int {
        let id = try #require(self.process.withLock { $0?.id })
        let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.filter(\.isNumber)))
    }

    /// Returns at once.
    func launch() throws {
        let process = try ChildProcess(
            Installation.relay,
            ["serve"],
            environment: self.environment,
            directory: self.folder,
            log: self.folder.appending(path: "relay-\(self.port).log")
        )
        self.process.withLock { $0 = process }
    }

    /// Returns when it is ready.
    func start() async throws {
        try self.launch()
        do {
            try await until("the relay is ready", within: .seconds(20)) { try await self.visitor.ready().status == 200 }
        } catch {
            throw NotInTime(description: "\(error); it said: \(self.lastWords)")
        }
    }

    @discardableResult
    func end(by signal: Int32, within limit: Duration = .seconds(10)) async throws -> ChildProcess.Exit? {
        guard let process = self.process.withLock({ $0 }) else { return nil }
        process.signal(signal)
        return try await self.exit(within: limit)
    }

    /// Waits for its end.
    func exit(within limit: Duration) async throws -> ChildProcess.Exit? {
        guard let process = self.process.withLock({ $0 }) else { return nil }
        let exit = try await process.exit(within: limit)
        self.process.withLock { $0 = nil }
        return exit
    }
}
