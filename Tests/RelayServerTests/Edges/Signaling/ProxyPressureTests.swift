import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Proxy frames that have no room where they go", .timeLimit(.minutes(3)))
struct ProxyPressureTests {
    private static let piece = ByteBuffer(repeating: 7, count: 64 << 10)

    @Test("a window is what is on its way, and no more: the sender is not read beyond it")
    func window() async throws {
        try await withRelay {
            $0.tunnels.bytesPerSecond = 0
        } _: { relay in
            let (a, b) = try await ProxyPeers(relay).open(accepting: ["window": 1 << 30])
            for sequence in 0..<48 { a.socket.send(0x82, a.frame("b", UInt64(sequence), Self.piece)) }
            var next: UInt64 = 0
            for _ in 0..<3 {
                for _ in 0..<16 {
                    #expect(await b.nextFrame()?.sequence == next)
                    next += 1
                }
                // Nothing more comes before this.
                try b.say(["type": "chat_message", "message": "\(next)"])
                #expect(await b.socket.next()?.object["message"] as? String == "\(next)")
                try b.say(["type": "binary_proxy_ack", "to_peer_id": "a", "sequence": next])
            }
            var acknowledged = 0
            while acknowledged < 48 { acknowledged = await a.next("binary_proxy_ack")["sequence"] as? Int ?? 48 }
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("frames keep to the session's bandwidth")
    func bandwidth() async throws {
        try await withRelay {
            $0.tunnels.bytesPerSecond = 1 << 20
        } _: { relay in
            let (a, b) = try await ProxyPeers(relay).open()
            let start = ContinuousClock.now
            for sequence in 0..<16 { a.socket.send(0x82, a.frame("b", UInt64(sequence), Self.piece)) }
            for sequence in 0..<16 { #expect(await b.nextFrame()?.sequence == UInt64(sequence)) }
            // All but the burst and the last frame is paid for by then.
            #expect(ContinuousClock.now - start > .milliseconds(600))
            for client in [a, b] { client.disconnect() }
        }
    }

    @Test("a peer that acknowledges what it does not take makes the relay hold no more than a window")
    func untaken() async throws {
        var configuration = RelayConfiguration.forTests
        configuration.tunnels.bytesPerSecond = 0
        try await withRelay(over: WatchedStore(), configuration) { relay, parts in
            let (a, b) = try await ProxyPeers(relay).open()
            try await b.socket.connection.channel.setOption(.autoRead, value: false).get()
            var most = 0
            for sequence in 0..<600 {
                let frame = TestWebSocket.plainFrame(a.frame("b", UInt64(sequence), Self.piece))
                a.socket.connection.channel.writeAndFlush(frame, promise: nil)
                try b.say(["type": "binary_proxy_ack", "to_peer_id": "a", "sequence": sequence])
                try await Task.sleep(for: .milliseconds(2))
                most = max(most, parts.services.memory.bytes(in: .answers))
            }
            // The window and a frame that waits, each counted twice at most.
            #expect(most <= 2 * ((1 << 20) + (64 << 10)) + (256 << 10))
            for client in [a, b] { client.disconnect() }
        }
    }
}
