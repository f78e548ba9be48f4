import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Frames of Pulse's that come in any pieces, and what are none", .timeLimit(.minutes(2)))
struct PulseFramingTests {
    private static func ping(_ number: UInt64) -> [UInt8] {
        PulseClient.frame("ping", [("timestamp", .number(number))])
    }

    @Test("the borders of WebSocket messages mean nothing")
    func borders() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            client.send(bytes: Self.ping(1) + Self.ping(2))
            for byte in Self.ping(3) { client.send(bytes: [byte]) }
            let (half, whole) = (Self.ping(4), Self.ping(5))
            client.send(bytes: Self.ping(6) + half.prefix(7))
            client.send(bytes: Array(half.dropFirst(7)) + whole)
            for number in [1, 2, 3, 6, 4, 5] as [UInt64] {
                #expect(await client.next()?["timestamp"] == .number(number))
            }
        }
    }

    @Test("what can't be read is 1001, with the id if there is one, and what follows is read")
    func malformed() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            func framed(_ bytes: [UInt8]) -> [UInt8] { PulseValue.big(UInt32(bytes.count)) + bytes }
            let frames: [([UInt8], String)] = [
                (framed([]), "error 0 1001"), (framed([0xC1]), "error 0 1001"), (framed([0x80]), "error 0 1001"),
                (framed([0xDF, 0xFF, 0xFF, 0xFF, 0xFF]), "error 0 1001"),
                (framed([UInt8](repeating: 0x91, count: 5_000)), "error 0 1001"),
                (PulseClient.frame("Subscribe", [("id", .number(3))]), "error 3 1001"),
                (PulseClient.frame("subscribe", [("id", .number(3))]), "error 3 1001"),
                (PulseClient.frame("subscribe", [("id", .negative(-1)), ("channel", .text("a"))]), "error 0 1001"),
                (PulseClient.frame("publish", [("channel", .text("a")), ("payload", .null)]), "error 0 1001"),
                (PulseClient.frame("connect", [("version", .number(256))]), "error 0 1001"),
            ]
            for (frame, answer) in frames {
                client.send(bytes: frame + Self.ping(5))
                #expect(summary(await client.next()) == answer)
                #expect(await client.next()?["timestamp"] == .number(5))
            }
            client.socket.send(text: "hello")
            #expect(summary(await client.next()) == "error 0 1001")
            #expect(await client.isSilent())
        }
    }

    @Test("who goes on with what can't be read is put off")
    func offences() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay)
            for _ in 0..<100 { client.send(bytes: [0, 0, 0, 0]) }
            var count = 0
            while let frame = await client.next() {
                #expect(summary(frame) == "error 0 1001")
                count += 1
            }
            #expect(count == 100 && client.closeCode == 1008)
        }
    }

    @Test("a length that no frame may have is 1007 and the end, and costs nothing", arguments: [1 << 24 + 1, 1 << 31])
    func claims(length: Int) async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            client.send(bytes: PulseValue.big(UInt32(length)) + [1, 2, 3])
            #expect(summary(await client.next()) == "error 0 1007")
            #expect(await client.next() == nil && client.closeCode == 1009)
        }
    }

    @Test("a WebSocket message that is too long is 1007 and the end")
    func longMessage() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            client.send(bytes: [UInt8](repeating: 0, count: (1 << 20) + 1))
            #expect(summary(await client.next()) == "error 0 1007")
            #expect(await client.next() == nil && client.closeCode == 1009)
        }
    }

    @Test("half a frame waits, is charged, and is given back with its connection")
    func halves() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            func held() async throws -> Double {
                let text = try await relay.send(.GET, "/metrics").text
                let line = text.split(separator: "\n").first {
                    $0.hasPrefix("relay_memory_bytes") && $0.contains(#""requests""#)
                }
                return Double(line?.split(separator: " ").last ?? "") ?? -1
            }
            client.send(bytes: PulseValue.big(UInt32(1_000_000)) + [UInt8](repeating: 1, count: 500_000))
            client.socket.send(0x89, ByteBuffer(string: "x"))
            let pong = try #require(await client.socket.next())
            #expect(pong.opcode == 10)
            #expect(try await held() >= 500_000)
            client.disconnect()
            while try await held() >= 500_000 { try Task.checkCancellation() }
        }
    }

    @Test("whoever ends its side is answered all that it has asked before, however slowly it reads")
    func halfClosed() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken, reads: false)
            let count: UInt64 = 15_000
            client.send(bytes: (1...count).flatMap { Self.ping($0) })
            try await client.socket.connection.channel.close(mode: .output).get()
            try await client.socket.connection.channel.setOption(.autoRead, value: true).get()
            var last: UInt64 = 0
            while let frame = await client.next() {
                #expect(frame["timestamp"] == .number(last + 1))
                last += 1
            }
            #expect(last == count)
        }
    }

    @Test("a stranger sends no more than a token takes")
    func strangers() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay)
            client.send(bytes: PulseValue.big(UInt32(1_000_000)) + [UInt8](repeating: 1, count: 40_000))
            #expect(summary(await client.next()) == "error 0 1003")
            #expect(await client.next() == nil && client.closeCode == 4001)
        }
    }
}
