import Foundation

/// coturn's own client, turnutils_uclient, with its echo: the same load for each server.
enum TURNClient {
    /// Sends datagrams through one allocation, and gets each of them back.
    ///
    /// - Throws: ``LoadError`` where they did not come back.
    static func run(port: Int, datagrams: Int, bytes: Int) async throws {
        let arguments = [
            "-c", "-u", "bench", "-W", PeerPort.secret, "-p", String(port), "-e", "127.0.0.1", "-r",
            String(Self.echoPort), "-l", String(bytes), "-n", String(datagrams), "-z", "1", "127.0.0.1",
        ]
        let client = try ServerProcess(executable: URL(filePath: "/usr/bin/turnutils_uclient")) { _ in arguments }
        let said = try await client.output(within: .seconds(60 + datagrams / 200))
        guard said.contains("Total lost packets 0 ") else { throw LoadError.datagramsLost(said) }
    }

    /// Gives everything back, until it is stopped.
    static func echo() throws -> ServerProcess {
        try ServerProcess(executable: URL(filePath: "/usr/bin/turnutils_peer")) { _ in
            ["-L", "127.0.0.1", "-p", String(Self.echoPort)]
        }
    }

    private static let echoPort = 3480
}
