import Foundation

/// A server's port for STUN and TURN, on 127.0.0.1.
struct PeerPort: Sendable {
    /// Both servers make passwords from it, as clients do.
    static let secret = "a secret of sixteen bytes or more"

    let server: Server
    let port: Int
}

extension Launcher {
    /// A relay that answers STUN and relays by TURN, to peers on this machine too.
    func launchPeerRelay() async throws -> PeerPort {
        let port = try await self.freePort()
        let server = try await self.launchRelay(
            port: try await self.freePort(),
            storage: .memory,
            extra: [
                "PULSAR_UDP_BIND": "127.0.0.1:\(port)",
                "PULSAR_UDP_ALTERNATE_PORT": "0",
                "PULSAR_UDP_REQUESTS_PER_SECOND": "0",
                "PULSAR_TURN_ENABLED": "true",
                "PULSAR_TURN_SECRET": PeerPort.secret,
                // coturn's client does not give its port back.
                "PULSAR_TURN_MAX_ALLOCATIONS_PER_USER": "1000",
                "PULSAR_TURN_ALLOWED_PEERS": "127.0.0.1",
            ]
        )
        return PeerPort(server: server, port: port)
    }

    /// coturn with the same, and without what the relay does not do.
    func launchCoturn() async throws -> Server {
        let executable = try Self.existing(URL(filePath: "/usr/bin/turnserver"))
        let port = try await self.freePort()
        let process = try ServerProcess(executable: executable) { directory in
            [
                "-n", "--listening-ip", "127.0.0.1", "--listening-port", String(port), "--relay-ip", "127.0.0.1",
                "--realm", "pulsar-relay", "--use-auth-secret", "--static-auth-secret", PeerPort.secret,
                "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--relay-threads", String(self.threads),
                "--pidfile", directory.appending(path: "turn.pid").path(), "--log-file", "/dev/null", "--no-stdout-log",
            ]
        }
        try await process.awaitReady(.coturn, within: .seconds(10)) {
            try STUNLoad.run(port: port, for: .milliseconds(50)) > 0
        }
        return Server(kind: .coturn, port: port, dialect: .bareNIO, process: process)
    }
}
