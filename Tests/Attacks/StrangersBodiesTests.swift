import NIOCore
import ProgramFixture
import Testing

/// Clients without a token that send large bodies, and never their last byte.
@Suite("Bodies of strangers", .serialized, .timeLimit(.minutes(3)))
struct StrangersBodiesTests {
    @Test(
        "are not kept",
        arguments: [
            "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
            "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 1000000\r\n\r\n",
            "POST /messages/poll HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nF4240\r\n",
            "POST /api/v1/topics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
            "POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nF4240\r\n",
            "GET /sse?topics=a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nF4240\r\n",
            "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
        ]
    )
    func bodies(_ head: String) async throws {
        try await AttackedRelay.run { relay in
            let before = try relay.residentBytes
            let body = ByteBuffer(repeating: UInt8(ascii: "a"), count: 999_999)
            var channels: [any Channel] = []
            for _ in 1...200 {
                let channel = try await relay.connect()
                channels.append(channel)
                channel.write(ByteBuffer(string: head), promise: nil)
                channel.writeAndFlush(body, promise: nil)
            }
            try await Task.sleep(for: .seconds(3))
            let grown = try relay.peakBytes - before
            #expect(grown < 64 << 20, "\(grown >> 20) MiB more")
            for channel in channels { channel.close(promise: nil) }
        }
    }
}
