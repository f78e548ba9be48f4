import NIOCore
import RelayTunnels
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Tunnels of nothing but bytes, over sockets", .timeLimit(.minutes(2)))
struct TunnelLiveTests {
    @Test("what either end sends reaches the other as it was, however it was cut into messages", arguments: [1, 2])
    func bytes(threads: Int) async throws {
        try await TunnelFixture.with(threads: threads) { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target"))
            for (source, sink) in [(opener, target), (target, opener)] {
                var random = SeededGenerator(seed: 7)
                var sent = ByteBuffer()
                for _ in 0..<60 {
                    let count = [1, 2, 125, 126, 4_000, 65_536, 150_001].randomElement(using: &random) ?? 1
                    let payload = ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
                    let isFinal = random.chance(70)
                    source.send(isFinal ? 0x82 : 0x02, payload, mask: [5, 6, 7, 8])
                    if !isFinal { source.send(0x80, ByteBuffer(), mask: [5, 6, 7, 8]) }
                    sent.writeImmutableBuffer(payload)
                    if random.chance(10) { source.send(0x89, ByteBuffer(string: "?")) }
                }
                #expect(await sink.bytes(sent.readableBytes) == sent)
            }
            opener.connection.disconnect()
            target.connection.disconnect()
        }
    }

    @Test("an end that comes first may send at once, and is answered its pings while it waits")
    func early() async throws {
        try await TunnelFixture.with { relay in
            let opener = try await relay.open("opener")
            opener.send(0x82, ByteBuffer(string: "early"))
            opener.send(0x89, ByteBuffer(string: "there?"))
            #expect(await opener.next()?.opcode == 10)
            let target = try await relay.open("target")
            #expect(await target.bytes(5) == ByteBuffer(string: "early"))
            target.send(0x82, ByteBuffer(string: "late"))
            #expect(await opener.bytes(4) == ByteBuffer(string: "late"))
            opener.connection.disconnect()
            target.connection.disconnect()
        }
    }

    @Test("each end ends for itself, and with the second the tunnel is done")
    func halfClose() async throws {
        try await TunnelFixture.with { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target"))
            opener.send(0x82, ByteBuffer(string: "question"))
            opener.send(0x82, ByteBuffer())
            #expect(await target.bytes(8) == ByteBuffer(string: "question"))
            #expect(await target.next()?.payload.readableBytes == 0)
            target.send(0x82, ByteBuffer(string: "answer"))
            #expect(await opener.bytes(6) == ByteBuffer(string: "answer"))
            target.send(0x82, ByteBuffer())
            for end in [opener, target] {
                let frames = await end.untilGoodbye()
                #expect(frames.last?.closeCode == 1_000)
            }
        }
    }

    @Test("bytes after the end are an error")
    func bytesAfterEnd() async throws {
        try await TunnelFixture.with { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target"))
            // A handshake is answered before its end has met the other.
            opener.send(0x82, ByteBuffer(string: "first"))
            #expect(await target.bytes(5) == ByteBuffer(string: "first"))
            opener.send(0x82, ByteBuffer())
            opener.send(0x82, ByteBuffer(string: "more"))
            #expect(await opener.untilGoodbye().last?.closeCode == 4_009)
            #expect(await target.untilGoodbye().last?.closeCode == 1_001)
        }
    }

    @Test(
        "an end that closes leaves the other all that it had sent, and a good reason; one that vanishes another reason"
    )
    func closing() async throws {
        try await TunnelFixture.with { relay in
            for isClean in [true, false] {
                let (opener, target) = (try await relay.open("opener"), try await relay.open("target", reads: false))
                let payload = ByteBuffer(repeating: 0x61, count: 300_000)
                opener.connection.send(TestWebSocket.plainFrame(payload))
                if isClean {
                    opener.send(0x88, ByteBuffer(bytes: [0x03, 0xE8]))
                } else {
                    try await opener.connection.endInput()
                }
                _ = await opener.untilClosed()
                try await target.connection.startReading()
                #expect(await target.bytes(300_000) == payload)
                #expect(await target.untilGoodbye().last?.closeCode == (isClean ? 1_000 : 1_001))
            }
        }
    }

    @Test("an end whose other end does not come is told so")
    func patience() async throws {
        try await TunnelFixture.with(patience: .milliseconds(50)) { relay in
            let opener = try await relay.open("opener")
            #expect(await opener.untilGoodbye().last?.closeCode == 1_013)
        }
    }

    @Test("a client that comes back takes the place of the connection before it")
    func replaced() async throws {
        try await TunnelFixture.with { relay in
            let (first, second) = (try await relay.open("opener"), try await relay.open("opener"))
            #expect(await first.untilGoodbye().last?.closeCode == 4_010)
            let target = try await relay.open("target")
            target.send(0x82, ByteBuffer(string: "hello"))
            #expect(await second.bytes(5) == ByteBuffer(string: "hello"))
            let third = try await relay.open("opener")
            #expect(await second.untilGoodbye().last?.closeCode == 4_010)
            #expect(await target.untilGoodbye().last?.closeCode == 1_001)
            let again = try await relay.open("target")
            again.send(0x82, ByteBuffer(string: "again"))
            #expect(await third.bytes(5) == ByteBuffer(string: "again"))
            third.connection.disconnect()
            again.connection.disconnect()
        }
    }

    @Test("text is no bytes of a tunnel, and an unmasked frame is nobody's")
    func violations() async throws {
        try await TunnelFixture.with { relay in
            let text = try await relay.open("opener", "a")
            text.send(text: "hello")
            #expect(await text.untilGoodbye().last?.closeCode == 1_003)
            let unmasked = try await relay.open("opener", "b")
            unmasked.send(0x82, ByteBuffer(string: "hello"), mask: nil)
            #expect(await unmasked.untilGoodbye().last?.closeCode == 1_002)
        }
    }

    @Test("a session's credit holds its tunnels to a rate")
    func bandwidth() async throws {
        try await TunnelFixture.with(bandwidth: BandwidthLimit(bytesPerSecond: 1 << 20, burst: 64 << 10)) { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target"))
            let start = ContinuousClock.now
            opener.connection.send(TestWebSocket.plainFrame(ByteBuffer(repeating: 1, count: 1 << 20)))
            #expect(await target.bytes(1 << 20).readableBytes == 1 << 20)
            // All but the burst and the last read is paid for by then.
            #expect(ContinuousClock.now - start > .milliseconds(700))
            opener.connection.disconnect()
            target.connection.disconnect()
        }
    }
}

extension TestWebSocket {
    /// What comes until the relay says goodbye, which is answered.
    func untilGoodbye() async -> [Frame] {
        var frames: [Frame] = []
        while let frame = await self.next() {
            frames.append(frame)
            guard frame.opcode != 8 else {
                self.send(0x88, frame.payload)
                break
            }
        }
        return frames
    }
}
