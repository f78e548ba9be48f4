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
