import Foundation
import NIOCore
import ProgramFixture
import Testing

/// Clients with a token that ask and do not read.
@Suite("Answers that nobody takes", .serialized, .timeLimit(.minutes(4)))
struct UntakenAnswersAttackTests {
    private static let connections = 300

    /// What is asked, and how many MiB more the relay may have at most.
    static let questions: [(name: String, request: String, body: String)] = [
        ("history", "GET /api/v1/topics/big/messages?limit=100", ""),
        ("topics", "GET /api/v1/topics", ""),
        ("polls", "POST /messages/poll", #"{"topics":["big"],"since":{"big":"1-0"},"timeout":60}"#),
        ("metrics", "GET /metrics", ""),
        ("users", "GET /auth/users", ""),
    ]

    @Test("take no more memory than may be held for them", arguments: Self.questions.map(\.name), [1, 6])
    func unread(_ name: String, pipelined: Int) async throws {
        let question = try #require(Self.questions.first { $0.name == name })
        try await AttackedRelay.run(["MAX_ANSWER_BYTES": "64MiB"]) { relay in
            let token = try await relay.token()
            try await relay.fill(token)
            let before = try relay.residentBytes
            let request = relay.request(question.request, token: token, body: question.body)
            var channels: [any Channel] = []
            for _ in 0..<Self.connections {
                let channel = try await relay.connect()
                channel.writeAndFlush(ByteBuffer(string: String(repeating: request, count: pipelined)), promise: nil)
                channels.append(channel)
            }
            // While the relay is at work on them it answers others.
            for _ in 0..<10 {
                #expect(try await relay.ask(relay.request("GET /health", token: nil)).hasPrefix("HTTP/1.1 200"))
                try await Task.sleep(for: .milliseconds(250))
            }
            let grown = try relay.peakBytes - before
            #expect(grown < 200 << 20, "\(grown >> 20) MiB more")
            for channel in channels { channel.close(promise: nil) }
        }
    }

    @Test("are let go of when memory as a whole runs short, and others are served")
    func sheds() async throws {
        try await AttackedRelay.run([
            "MAX_MEMORY_BYTES": "64MiB", "HOT_TIER_MAX_BYTES": "0", "HOT_TIER_MAX_BYTES_PER_TOPIC": "0",
        ]) { relay in
            let token = try await relay.token()
            try await relay.fill(token)
            let before = try relay.residentBytes
            let request = relay.request("GET /api/v1/topics/big/messages?limit=100", token: token)
            var channels: [any Channel] = []
            for _ in 0..<1_000 {
                let channel = try await relay.connect()
                channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
                channels.append(channel)
            }
            try await Task.sleep(for: .seconds(5))
            #expect(try await relay.ask(relay.request("GET /health", token: nil)).hasPrefix("HTTP/1.1 200"))
            let grown = try relay.peakBytes - before
            #expect(grown < 256 << 20, "\(grown >> 20) MiB more")
            for channel in channels { channel.close(promise: nil) }
        }
    }

    @Test("of WebSockets that read nothing count too, and are let go of the same way")
    func sockets() async throws {
        try await AttackedRelay.run([
            "MAX_MEMORY_BYTES": "64MiB", "HOT_TIER_MAX_BYTES": "0", "HOT_TIER_MAX_BYTES_PER_TOPIC": "0",
        ]) { relay in
            let token = try await relay.token()
            try await relay.fill(token)
            let before = try relay.residentBytes
            let handshake =
                "GET /ws HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nConnection: upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            let text = #"{"type":"subscribe","topics":["big"],"offset":"earliest"}"#
            var opening = ByteBuffer(string: handshake)
            opening.writeBytes([0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0])
            opening.writeString(text)
            var channels: [any Channel] = []
            for _ in 0..<900 {
                let channel = try await relay.connect()
                channel.writeAndFlush(opening, promise: nil)
                channels.append(channel)
            }
            try await Task.sleep(for: .seconds(8))
            #expect(try await relay.ask(relay.request("GET /health", token: nil)).hasPrefix("HTTP/1.1 200"))
            let grown = try relay.peakBytes - before
            #expect(grown < 256 << 20, "\(grown >> 20) MiB more")
            for channel in channels { channel.close(promise: nil) }
        }
    }
}
