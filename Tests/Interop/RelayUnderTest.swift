import Foundation
import NIOCore
import NIOPosix
import ProgramFixture
import Testing

/// A relay of a scenario's own: the program as built, on a free port of 127.0.0.1, with its data in a temporary folder.
struct RelayUnderTest {
    static let username = "admin"
    static let password = "interop-password"
    /// Signs its tokens.
    static let secret = "a secret for the interop tests, long enough"

    let process: ChildProcess
    let url: String

    /// Returns when it listens.
    ///
    /// - Parameters:
    ///   - settings: keys of the configuration in upper case, without `PULSAR_`.
    ///   - extra: variables of its environment that are no keys.
    ///   - fixedPort: where it listens, as one did before it; nil for a free one.
    ///   - lab: where it runs; nil for where the tests do.
    ///   - folder: holds its data and its log. A relay that is started again in the same folder finds them.
    static func start(
        _ settings: [String: String],
        on fixedPort: Int? = nil,
        environment extra: [String: String] = [:],
        in folder: URL,
        inside lab: NATLab? = nil
    ) async throws -> RelayUnderTest {
        let port = if let fixedPort { fixedPort } else { try await freePort() }
        let host = lab?.serverAddress ?? "127.0.0.1"
        let own = [
            "HOST": lab == nil ? host : "0.0.0.0",
            "PORT": String(port),
            "STORAGE_BACKEND": "sqlite",
            "DATA_DIR": folder.appending(path: "data").path(),
            "JWT_SECRET_KEY": self.secret,
            "BOOTSTRAP_ADMIN_USERNAME": self.username,
            "BOOTSTRAP_ADMIN_PASSWORD": self.password,
            "RATE_LIMITS_ENABLED": "false",
        ].merging(settings) { $1 }
        var environment = Installation.environment.merging(extra) { $1 }
        for (key, value) in own { environment["PULSAR_" + key] = value }
        // A library that is loaded first may move the environment, beside which Swift looks for the arguments: let it do so in env,
        // which becomes the relay.
        let command = ["/usr/bin/env"] + (lab.map { ["ip", "netns", "exec", $0.server] } ?? [])
        let isPlain = extra.isEmpty && lab == nil
        let process = try ChildProcess(
            isPlain ? Installation.relay : URL(filePath: command[0]),
            (isPlain ? [] : command.dropFirst() + [Installation.relay.path()]) + ["serve"],
            environment: environment,
            directory: folder,
            log: folder.appending(path: "relay.log")
        )
        try await self.awaitReadiness(of: process, at: host, port: port)
        let isEncrypted = settings.keys.contains { $0.hasPrefix("TLS_") }
        return RelayUnderTest(process: process, url: "\(isEncrypted ? "https" : "http")://\(host):\(port)")
    }

    /// Ends it by SIGTERM. It has to exit with 0, in the time that it is given for its connections and a little more.
    func stop() async throws {
        self.process.signal(SIGTERM)
        let exit = try await self.process.exit(within: .seconds(30))
        #expect(exit == .code(0), "the relay's exit after SIGTERM; it said: \(self.process.lastWords)")
    }

    /// There is nothing to wait on before the port is open, so this asks again and again.
    private static func awaitReadiness(of process: ChildProcess, at host: String, port: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let connection = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: port).get()
            if let connection { return try await connection.close().get() }
            try await Task.sleep(for: .milliseconds(20))
        }
        process.signal(SIGKILL)
        _ = try await process.exit(within: .seconds(5))
        throw NotReady(log: process.lastWords)
    }

    private struct NotReady: Error {
        let log: String
    }
}
