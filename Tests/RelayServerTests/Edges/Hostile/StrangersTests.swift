import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Strangers", .timeLimit(.minutes(1)))
struct StrangersTests {
    private static let connections = 20
    private static let bound = 64 << 10
    /// Of each connection's body; its last byte comes later.
    private static let size = 15_000

    private static func metric(_ name: String, _ relay: TestRelay) async throws -> Int {
        let lines = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix("\(name){account=\"strangers\"}") }
        return try #require(line.flatMap { Int($0.split(separator: " ")[1]) })
    }

    private static let head = "GET /health HTTP/1.1\r\nHost: x\r\n"
    /// Without the end that a head has.
    private static let beginning = (1...3).map { "X-\($0): " + String(repeating: "x", count: Self.size) }
        .joined(separator: "\r\n")

    /// A connection that the relay reads from in large pieces: reads grow with what they bring.
    private static func open(_ relay: TestRelay) async throws -> RawConnection {
        let connection = try await RawConnection.open(relay.port)
        for _ in 1...6 {
            connection.send("\(Self.head)X-Filler: \(String(repeating: "x", count: Self.size))\r\n\r\n")
            #expect(await connection.reply()?.status == 200)
        }
        return connection
    }

    @Test("the beginning of a request behind a complete one is counted, bounded, and refused past the bound")
    func beginnings() async throws {
        try await withRelay {
            $0.memory.maxStrangerBytes = 2 * 3 * Self.size + 4_096
        } _: { relay in
            var connections: [RawConnection] = []
            for _ in 1...3 { connections.append(try await Self.open(relay)) }
            for (number, connection) in connections.enumerated() {
                connection.send("\(Self.head)\r\n\(Self.head)\(Self.beginning)")
                #expect(await connection.reply()?.status == 200)
                guard number < 2 else { break }
                while try await Self.metric("relay_memory_bytes", relay) < (number + 1) * 3 * Self.size {
                    try Task.checkCancellation()
                }
            }
            #expect(await connections[2].reply()?.status == 503)
            #expect(await connections[2].rest() == "")
            for connection in connections[..<2] {
                connection.send("\r\n\r\n")
                #expect(await connection.reply()?.status == 200)
                connection.disconnect()
            }
            while try await Self.metric("relay_memory_bytes", relay) > 0 { try Task.checkCancellation() }
        }
    }

    @Test("what was held of a head that never ended is free again when its peer has left", arguments: [false, true])
    func unfinishedHeads(breaksOff: Bool) async throws {
        try await withRelay { relay in
            let connection = try await Self.open(relay)
            connection.send("\(Self.head)\(Self.beginning)")
            while try await Self.metric("relay_memory_bytes", relay) < 3 * Self.size { try Task.checkCancellation() }
            if breaksOff { try await connection.breakOff() } else { connection.disconnect() }
            while try await Self.metric("relay_memory_bytes", relay) > 0 { try Task.checkCancellation() }
        }
    }

    @Test("a body in chunks for which there is no room is refused once")
    func chunks() async throws {
        try await withRelay {
            $0.memory.maxStrangerBytes = Self.size + 500
        } _: { relay in
            let connection = try await Self.open(relay)
            let chunk = "14b4\r\n\(String(repeating: "x", count: 0x14b4))\r\n"
            connection.request("POST", "/auth/login", token: nil, headers: ["Transfer-Encoding: chunked"])
            connection.send(String(repeating: chunk, count: 3))
            #expect(await connection.reply()?.status == 503)
            connection.send("\(chunk)0\r\n\r\n")
            #expect(await connection.rest() == "")
        }
    }

    @Test(
        "a request that begins behind a waiting poll, with no room for it, ends the connection after the poll's answer"
    )
    func behindPoll() async throws {
        try await withRelay {
            $0.memory.maxRequestBytes = 8_192
        } _: { relay in
            let token = try await relay.administratorToken
            let connection = try await Self.open(relay)
            let poll = #"{"topics":["quiet"],"timeout":1}"#
            let head = "POST /messages/poll HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
            let length = "Content-Length: \(poll.utf8.count)\r\n\r\n"
            connection.send("\(head)\(length)\(poll)\(head)\(Self.beginning)")
            #expect(await connection.reply()?.messageIDs == [])
            #expect(await connection.reply()?.status == 503)
            #expect(await connection.rest() == "")
        }
    }

    @Test("what all of them together have sent is bounded, past it they get 503, and all is free again when they leave")
    func bytesInAll() async throws {
        try await withRelay {
            $0.memory.maxStrangerBytes = Self.bound
        } _: { relay in
            let body = String(repeating: "x", count: Self.size - 1)
            var strangers: [RawConnection] = []
            for _ in 0..<Self.connections {
                let connection = try await RawConnection.open(relay.port)
                connection.request("POST", "/auth/login", token: nil, headers: ["Content-Length: \(Self.size)"])
                connection.send(body)
                strangers.append(connection)
            }
            let fitting = Self.bound / Self.size
            while try await Self.metric("relay_memory_refusals_total", relay) < Self.connections - fitting {
                try #require(try await Self.metric("relay_memory_bytes", relay) <= Self.bound)
                try Task.checkCancellation()
            }
            var statuses: [Int] = []
            for stranger in strangers {
                stranger.send("x")
                statuses.append(try #require(await stranger.reply()?.status))
            }
            #expect(statuses.count { $0 == 503 } >= Self.connections - fitting)
            #expect(statuses.allSatisfy { [503, 422].contains($0) }, "\(statuses)")
            for stranger in strangers { stranger.disconnect() }
            while try await Self.metric("relay_memory_bytes", relay) > 0 { try Task.checkCancellation() }
            _ = try await relay.administratorToken
        }
    }
}
