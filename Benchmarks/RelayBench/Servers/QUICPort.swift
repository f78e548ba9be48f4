import Foundation
import NIOCore

/// A server's port for QUIC, on 127.0.0.1.
struct QUICPort: Sendable {
    let server: Server
    let port: Int
}

extension Launcher {
    /// A relay with a QUIC relay, to which one address may have as many connections as it likes.
    func launchQUICRelay() async throws -> QUICPort {
        let port = try await self.freePort()
        let server = try await self.launchRelay(
            port: try await self.freePort(),
            storage: .memory,
            extra: [
                "PULSAR_QUIC_BIND": "127.0.0.1:\(port)",
                "PULSAR_QUIC_MAX_CONNECTIONS_PER_ADDRESS": "100000",
            ]
        )
        return QUICPort(server: server, port: port)
    }

    /// The example server of ngtcp2, with the libraries that the relay has. It answers `/N` with N bytes.
    func launchGTLSServer() async throws -> Server {
        let executable = try Self.existing(URL(filePath: "/usr/sbin/gtlsserver"))
        let port = try await self.freePort()
        let process = try ServerProcess(executable: executable) { directory in
            try BenchCertificate.make(in: directory)
            return [
                "-q", "--max-dyn-length=2G", "127.0.0.1", String(port), BenchCertificate.keyFileName,
                BenchCertificate.fileName,
            ]
        }
        try await process.awaitReady(.gtlsserver) {
            guard let fetch = try? await HTTP3Fetch(port: port, from: self.client) else { return false }
            await fetch.close()
            return true
        }
        return Server(kind: .gtlsserver, port: port, dialect: .bareNIO, process: process)
    }
}
