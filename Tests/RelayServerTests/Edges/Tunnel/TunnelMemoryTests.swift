import NIOCore
import RelayCore
import Testing

@testable import RelayServer

@Suite("What ends of tunnels hold", .timeLimit(.minutes(3)))
struct TunnelMemoryTests {
    @Test(
        "bytes of an end whose other end has not come are charged, and go where it comes or not",
        arguments: [true, false]
    )
    func waiting(comes: Bool) async throws {
        try await TunnelFixture.with { relay in
            let opener = try await relay.open("opener")
            opener.send(0x82, ByteBuffer(repeating: 7, count: 50_000))
            while relay.memory.bytes(in: .answers) < TunnelEnd.earlyBytes {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(try await relay.held("opener") == relay.memory.bytes(in: .answers))
            if comes {
                let target = try await relay.open("target")
                #expect(await target.bytes(50_000) == ByteBuffer(repeating: 7, count: 50_000))
                target.connection.disconnect()
            }
            opener.connection.disconnect()
        }
    }

    @Test("an end whose bytes have no room in memory is closed, and holds none")
    func noRoom() async throws {
        try await TunnelFixture.with { relay in
            let opener = try await relay.open("opener")
            let room = 1 << 40
            relay.memory.add(room, to: .answers)
            opener.send(0x82, ByteBuffer(repeating: 7, count: 1_000))
            #expect(await opener.untilGoodbye().last?.closeCode == 1_013)
            #expect(relay.memory.bytes(in: .answers) == room)
            relay.memory.release(room, from: .answers)
        }
    }

    @Test("bytes that arrive for an end that is gone are not kept")
    func gone() async throws {
        try await TunnelFixture.with(patience: .minutes(10)) { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target", reads: false))
            // The target's socket is full, so the target's end stays open until it takes what is on its way.
            let whole = TestWebSocket.plainFrame(ByteBuffer(repeating: 1, count: 64 << 20))
            opener.connection.channel.writeAndFlush(whole, promise: nil)
            while relay.memory.bytes(in: .answers) < 256 << 10 { try await Task.sleep(for: .milliseconds(1)) }
            try await opener.connection.breakOff()
            while relay.services.count > 0 { try await Task.sleep(for: .milliseconds(1)) }
            // All of it is read: else this would wait for ever.
            let more = TestWebSocket.plainFrame(ByteBuffer(repeating: 2, count: 32 << 20))
            try await target.connection.channel.writeAndFlush(more).get()
            #expect(try await relay.held("target") == 0)
            target.connection.disconnect()
        }
    }

    @Test("repeated empty messages after the end lead to nothing")
    func repeatedEnds() async throws {
        try await TunnelFixture.with { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target"))
            for _ in 0..<10_000 { opener.send(0x82, ByteBuffer()) }
            opener.send(0x89, ByteBuffer(string: "done?"))
            #expect(await opener.next()?.opcode == 10)
            target.send(0x82, ByteBuffer())
            let frames = await target.untilGoodbye()
            #expect(frames.map(\.opcode) == [2, 8])
            #expect(frames.last?.closeCode == 1_000)
            _ = await opener.untilGoodbye()
        }
    }
}
