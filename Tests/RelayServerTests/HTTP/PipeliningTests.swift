import NIOCore
import NIOHTTP1
import Testing

@Suite("Requests behind one another")
struct PipeliningTests {
    private static let poll = #"{"topics":["quiet"],"timeout":1}"#
    private static let publish = #"{"topic":"t","payload":{}}"#

    /// A connection on which a poll waits; nothing else can be answered before it.
    private func waiting(_ relay: TestRelay) async throws -> RawConnection {
        let token = try await relay.administratorToken
        let connection = try await RawConnection.open(relay.port)
        connection.request("POST", "/messages/poll", token: token, body: Self.poll)
        var waiters = 0
        while waiters == 0 {
            let statistics = try await relay.send(.GET, "/messages/poll/stats", token: token)
            waiters = statistics.object["active_waiters"] as? Int ?? 0
        }
        return connection
    }

    @Test("what comes while a request waits is read and answered after it", .timeLimit(.minutes(1)))
    func readsGoOn() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await self.waiting(relay)
            connection.request("POST", "/api/v1/messages", token: token, body: Self.publish)
            connection.request("GET", "/health", token: nil)
            #expect(await connection.reply()?.messageIDs == [])
            #expect(await connection.reply()?.status == 201)
            #expect(await connection.reply()?.status == 200)
            connection.request("POST", "/api/v1/messages", token: token, body: Self.publish)
            #expect(await connection.reply()?.status == 201)
        }
    }

    @Test("many requests in one piece are answered in order", .timeLimit(.minutes(1)))
    func onePiece() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            // The first is verified in a task, so that the others come while it waits.
            let requests = (0..<200).map { number in
                let body = #"{"topic":"t\#(number)","payload":{}}"#
                return "POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            }
            connection.send(requests.joined())
            for number in 0..<200 {
                #expect(await connection.reply()?.object["topic"] as? String == "t\(number)")
            }
        }
    }

    @Test("nonsense behind a request is refused after its answer", .timeLimit(.minutes(1)))
    func nonsense() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            let head = "POST /messages/poll HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
            connection.send(head + "Content-Length: \(Self.poll.utf8.count)\r\n\r\n\(Self.poll)no HTTP at all\r\n\r\n")
            #expect(await connection.reply()?.messageIDs == [])
            let refused = try #require(await connection.reply())
            #expect(refused.status == 400)
            #expect(refused.headers["connection"] == ["close"])
            #expect(await connection.rest() == "")
        }
    }

    @Test("nothing is done of what comes behind a waiting request of a peer that breaks off", .timeLimit(.minutes(1)))
    func leaving() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await self.waiting(relay)
            let body = #"{"topic":"unheard","payload":{}}"#
            connection.request("POST", "/api/v1/messages", token: token, body: body)
            try await connection.breakOff()
            var waiters = 1
            while waiters > 0 {
                let statistics = try await relay.send(.GET, "/messages/poll/stats", token: token)
                waiters = statistics.object["active_waiters"] as? Int ?? 0
            }
            #expect(try await relay.send(.GET, "/api/v1/topics/unheard", token: token).status == 404)
        }
    }

    @Test("a WebSocket may be asked for behind a request, its first frame along with it", .timeLimit(.minutes(1)))
    func upgrade() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            let ping: [UInt8] = [0x89, 0x80, 0, 0, 0, 0]
            connection.request("GET", "/api/v1/topics", token: token)
            connection.request(
                "GET",
                "/ws",
                token: token,
                headers: [
                    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ]
            )
            connection.send(ByteBuffer(bytes: ping))
            #expect(await connection.reply()?.status == 200)
            #expect(await connection.head()?.status == 101)
            // A pong, behind the greeting where there is one.
            var first = await connection.take(2)?.readableBytesView.map { $0 } ?? []
            while first.count == 2, first[0] != 0x8A {
                _ = await connection.take(Int(first[1]))
                first = await connection.take(2)?.readableBytesView.map { $0 } ?? []
            }
            #expect(first == [0x8A, 0])
            connection.disconnect()
        }
    }
}
