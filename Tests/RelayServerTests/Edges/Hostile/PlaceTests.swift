import NIOCore
import NIOHTTP1
import RelayServer
import SeededRandom
import Testing

@Suite("A user's places for WebSockets and event streams", .timeLimit(.minutes(3)))
struct PlaceTests {
    private static let limit = 6

    /// What a client may do with a connection, and when it leaves.
    private enum Way: CaseIterable {
        case stream, streamOfManyTopics, streamDenied, streamOfNothing
        case socket, socketSubscribed, socketDenied, socketBroken, handshakeOnly, handshakeRefused
    }

    @Test(
        "however joins fail and peers vanish, in the end every place is free, and none is free too often",
        arguments: [1, 2, 3] as [UInt64]
    )
    func freed(seed: UInt64) async throws {
        try await withRelay {
            $0.webSocket.maxPerUser = Self.limit
        } _: { relay in
            let admin = try await relay.administratorToken
            try await relay.publish("private", token: admin)
            let user = try await relay.makeUser("visitor", by: admin)
            var random = SeededGenerator(seed: seed)
            var open: [RawConnection] = []
            for _ in 0..<150 {
                let way = Way.allCases.randomElement(using: &random) ?? .stream
                let connection = try await RawConnection.open(relay.port)
                self.send(way, on: connection, user.token)
                if random.chance(50) { _ = await connection.head() }
                if random.chance(40) { connection.disconnect() } else { open.append(connection) }
                while open.count > 4 { open.remove(at: .random(in: open.indices, using: &random)).disconnect() }
            }
            for connection in open { connection.disconnect() }
            try await self.expectAllPlacesFree(relay, user.token)
        }
    }

    private func send(_ way: Way, on connection: RawConnection, _ token: String) {
        let handshake = TestWebSocket.handshake
        switch way {
        case .stream: connection.request("GET", "/sse?topics=a", token: token)
        case .streamOfManyTopics: connection.request("GET", "/sse?topics=a,b,c&offset=earliest", token: token)
        case .streamDenied: connection.request("GET", "/sse?topics=a,private", token: token)
        case .streamOfNothing: connection.request("GET", "/sse?topics=", token: token)
        case .handshakeOnly: connection.request("GET", "/ws", token: token, headers: Array(handshake.prefix(2)))
        case .handshakeRefused: connection.request("GET", "/ws", token: "none", headers: handshake)
        case .socket: connection.request("GET", "/ws", token: token, headers: handshake)
        case .socketSubscribed, .socketDenied, .socketBroken:
            connection.request("GET", "/ws", token: token, headers: handshake)
            let text = #"{"topics":["\#(way == .socketDenied ? "private" : "a")"]}"#
            let first: UInt8 = way == .socketBroken ? 0xF1 : 0x81
            connection.send(ByteBuffer(bytes: [first, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)))
        }
    }

    private func expectAllPlacesFree(_ relay: TestRelay, _ token: String) async throws {
        var streams: [RawConnection] = []
        while streams.count < Self.limit {
            let connection = try await RawConnection.open(relay.port)
            connection.request("GET", "/sse?topics=a", token: token)
            // Peers that have just left may not have been noticed yet.
            if await connection.head()?.status == 200 { streams.append(connection) } else { connection.disconnect() }
            try Task.checkCancellation()
        }
        let oneMore = try await RawConnection.open(relay.port)
        oneMore.request("GET", "/sse?topics=a", token: token)
        #expect(await oneMore.head()?.status == 429)
        for connection in streams + [oneMore] { connection.disconnect() }
    }
}
