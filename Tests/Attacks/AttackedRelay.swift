import Foundation
import NIOCore
import NIOPosix
import ProgramFixture
import Testing

/// The program as built, on a free port and the memory store: a process of its own, so that what it keeps can be measured.
struct AttackedRelay {
    static let username = "admin"
    static let password = "attack-password"

    let port: Int
    private let process: ChildProcess

    /// Starts a relay, runs `body`, and stops the relay, which must end by itself.
    ///
    /// - Parameter settings: keys of the configuration in upper case, without `PULSAR_`.
    static func run(
        _ settings: [String: String] = [:],
        _ body: (AttackedRelay) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "attack-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let relay = try await Self.start(settings, in: folder)
        do {
            try await body(relay)
        } catch {
            relay.process.signal(SIGKILL)
            _ = try await relay.process.exit(within: .seconds(5))
            throw error
        }
        relay.process.signal(SIGTERM)
        let exit = try await relay.process.exit(within: .seconds(60))
        #expect(exit == .code(0), "after SIGTERM; it said: \(relay.process.lastWords)")
    }

    private static func start(_ settings: [String: String], in folder: URL) async throws -> AttackedRelay {
        let port = try await freePort()
        let own = [
            "HOST": "127.0.0.1",
            "PORT": String(port),
            "STORAGE_BACKEND": "memory",
            "JWT_SECRET_KEY": "a secret for the attack tests, long enough",
            "BOOTSTRAP_ADMIN_USERNAME": self.username,
            "BOOTSTRAP_ADMIN_PASSWORD": self.password,
            "RATE_LIMITS_ENABLED": "false",
            "SHUTDOWN_GRACE_SECONDS": "2",
        ].merging(settings) { $1 }
        var environment = Installation.environment
        for (key, value) in own { environment["PULSAR_" + key] = value }
        let process = try ChildProcess(
            Installation.relay,
            ["serve"],
            environment: environment,
            directory: folder,
            log: folder.appending(path: "relay.log")
        )
        let relay = AttackedRelay(port: port, process: process)
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let connection = try? await relay.connect() {
                connection.close(promise: nil)
                return relay
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        process.signal(SIGKILL)
        _ = try await process.exit(within: .seconds(5))
        throw NotReady(log: process.lastWords)
    }

    private struct NotReady: Error {
        let log: String
    }

    /// A connection that reads nothing unless it is told to.
    func connect(reads: Bool = false) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .connect(host: "127.0.0.1", port: self.port)
            .get()
    }

    // MARK: Measuring

    /// What the process has in memory now, bytes.
    var residentBytes: Int {
        get throws { try self.status("VmRSS:") }
    }

    /// The most that it ever had, bytes.
    var peakBytes: Int {
        get throws { try self.status("VmHWM:") }
    }

    private func status(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(self.process.id)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) << 10
    }
}
