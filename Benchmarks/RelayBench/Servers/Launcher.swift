import Foundation
import NIOCore
import NIOPosix

/// Starts servers under test, each on a free port of 127.0.0.1.
struct Launcher: Sendable {
    enum Storage: Sendable {
        case memory
        /// Memory that holds a few megabytes of messages: for measuring what the relay keeps besides messages.
        case smallMemory
        case sqlite
        case valkey(SharedStorage)

        /// The server behind the relay, where there is one.
        var process: ServerProcess? {
            if case .valkey(let storage) = self { storage.process } else { nil }
        }
    }

    var client: LoadClient
    let relayExecutable: URL
    let bareExecutable: URL
    /// Event loop threads, or worker processes, of each server.
    let threads: Int

    /// Returns when the server answers `GET /ready` with 200.
    ///
    /// - Parameter storage: where the relay keeps messages; the others don't keep any worth mentioning.
    func launch(_ kind: ServerKind, storage: Storage = .memory) async throws -> Server {
        let port = try await self.freePort()
        switch kind {
        case .bare:
            return try await self.launchBare(port: port, isEncrypted: false)
        case .nchan:
            return try await self.launchNchan(port: port, isEncrypted: false)
        case .valkey:
            preconditionFailure("a Valkey server is launched by launchValkey")
        case .coturn:
            return try await self.launchCoturn()
        case .gtlsserver:
            return try await self.launchGTLSServer()
        case .yWebsocket:
            return try await self.launchYWebsocket(port: port)
        case .yrs:
            preconditionFailure("Yrs is a library, and no server")
        case .relay:
            return try await self.launchRelay(port: port, storage: storage)
        }
    }

    private func launchBare(port: Int, isEncrypted: Bool) async throws -> Server {
        let executable = try Self.existing(self.bareExecutable)
        // It runs in the directory that the certificate is in.
        let environment = isEncrypted ? ["BARE_NIO_TLS": "."] : [:]
        let process = try ServerProcess(executable: executable, environment: environment) { directory in
            if isEncrypted { try BenchCertificate.make(in: directory) }
            return [String(port), String(self.threads)]
        }
        try await self.awaitReady(.bare, process: process, port: port)
        return Server(kind: .bare, port: port, dialect: .bareNIO, process: process)
    }

    /// A bare TCP proxy, which listens on the port after the server's own.
    ///
    /// - Parameter target: the port of 127.0.0.1 to which it connects.
    func launchProxy(to target: Int) async throws -> Server {
        let executable = try Self.existing(self.bareExecutable)
        let port = try await self.freePort()
        let process = try ServerProcess(executable: executable) { _ in
            [String(port), String(self.threads), String(target)]
        }
        try await self.awaitReady(.bare, process: process, port: port)
        return Server(kind: .bare, port: port, dialect: .bareNIO, process: process)
    }

    private func launchNchan(port: Int, isEncrypted: Bool) async throws -> Server {
        let executable = try Self.existing(NginxConfiguration.executable)
        let configuration = NginxConfiguration(
            port: port,
            workers: self.threads,
            module: try NginxConfiguration.module(),
            isEncrypted: isEncrypted
        )
        let process = try ServerProcess(executable: executable) { directory in
            if isEncrypted { try BenchCertificate.make(in: directory) }
            try configuration.write(to: directory)
            return configuration.arguments(in: directory)
        }
        try await self.awaitReady(.nchan, process: process, port: port)
        return Server(kind: .nchan, port: port, dialect: .nchan, process: process)
    }

    /// - Parameter extra: settings of its environment beside those of all relays.
    func launchRelay(port: Int, storage: Storage, extra: [String: String] = [:]) async throws -> Server {
        let executable = try Self.existing(self.relayExecutable)
        let settings = RelaySettings(port: port, threads: self.threads, storage: storage)
        let environment = settings.environment.merging(extra) { $1 }
        let process = try ServerProcess(executable: executable, environment: environment) { _ in ["serve"] }
        try await self.awaitReady(.relay, process: process, port: port)
        do {
            let password = settings.secrets.password
            let token = try await RelayLogin(client: self.client, port: port, password: password).token()
            return Server(kind: .relay, port: port, dialect: .relay(token: token), process: process)
        } catch {
            await process.stop()
            throw error
        }
    }

    /// A server for clients over TLS: the relay with a certificate of its own making, bare NIO or nchan with one of the benchmark's.
    func launchOverTLS(_ kind: ServerKind) async throws -> Server {
        var launcher = self
        launcher.client = try self.client.overTLS()
        let port = try await self.freePort()
        switch kind {
        case .bare:
            return try await launcher.launchBare(port: port, isEncrypted: true)
        case .nchan:
            return try await launcher.launchNchan(port: port, isEncrypted: true)
        case .relay:
            let extra = ["PULSAR_TLS_SELF_SIGNED": "true"]
            return try await launcher.launchRelay(port: port, storage: .memory, extra: extra)
        case .valkey, .coturn, .gtlsserver, .yWebsocket, .yrs:
            preconditionFailure("\(kind) is not measured over TLS")
        }
    }

    /// Starts a relay on a directory, and stops it again.
    ///
    /// - Returns: milliseconds from the start of the program to its answer to `GET /health`.
    func timeStart(dataDirectory: URL) async throws -> Double {
        let executable = try Self.existing(self.relayExecutable)
        let port = try await self.freePort()
        let settings = RelaySettings(
            port: port,
            threads: self.threads,
            storage: .sqlite,
            dataDirectory: dataDirectory.path()
        )
        let start = ContinuousClock.now
        let process = try ServerProcess(executable: executable, environment: settings.environment) { _ in ["serve"] }
        try await process.awaitReady(.relay, asking: .milliseconds(2)) { await self.answers("/health", port: port) }
        let elapsed = ContinuousClock.now - start
        await process.stop()
        return elapsed / .milliseconds(1)
    }

    static func existing(_ executable: URL) throws -> URL {
        guard FileManager.default.isExecutableFile(atPath: executable.path()) else {
            throw LaunchError.notInstalled(executable.path())
        }
        return executable
    }

    /// Another process may take the port before the server does; the server then fails to start, and says so.
    func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: self.client.group).bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        try await listener.close().get()
        return port
    }

    func awaitReady(_ kind: ServerKind, process: ServerProcess, port: Int) async throws {
        try await process.awaitReady(kind) { await self.answers("/ready", port: port) }
    }

    private func answers(_ path: String, port: Int) async -> Bool {
        guard let connection = try? await self.client.open(port: port) else { return false }
        let request = ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        let answer = try? await connection.once(request).get()
        await connection.close()
        return answer != nil
    }
}
