import NIOCore
import ProgramFixture
import Testing

/// Clients without a token that send bytes for as long as the relay takes them.
@Suite("Bytes of strangers", .serialized, .timeLimit(.minutes(3)))
struct StrangersBytesTests {
    @Test(
        "pile up nowhere, whatever comes before them",
        arguments: [
            "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n",
            "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            "POST /auth/login HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
            "\u{1}\u{2}\r\n\r\n",
            "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n",
            "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
            "GET /",
            "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
        ]
    )
    func flood(_ opening: String) async throws {
        try await AttackedRelay.run { relay in
            let before = try relay.residentBytes
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 { tasks.addTask { try await Self.flood(relay, opening) } }
                try await tasks.waitForAll()
            }
            let grown = try relay.peakBytes - before
            #expect(grown < 64 << 20, "\(grown >> 20) MiB more")
        }
    }

    /// Sends 64 MiB, or what is taken in four seconds.
    private static func flood(_ relay: AttackedRelay, _ opening: String) async throws {
        let channel = try await relay.connect()
        channel.eventLoop.scheduleTask(in: .seconds(4)) { channel.close(promise: nil) }
        let bytes = ByteBuffer(repeating: UInt8(ascii: "a"), count: 1 << 20)
        do {
            try await channel.writeAndFlush(ByteBuffer(string: opening)).get()
            for _ in 0..<64 { try await channel.writeAndFlush(bytes).get() }
        } catch {
            // The relay, or the clock above, has closed: no more was taken.
        }
        channel.close(promise: nil)
    }
}
