import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// Clients that end their side of the connection when they have sent their requests (`shutdown(SHUT_WR)`), and wait for the answers.
@Suite("Half-closed connections", .timeLimit(.minutes(1)))
struct HalfCloseTests {
    @Test("a request is answered, and then the connection ends; on every lane, by a new token and a known one")
    func answered() async throws {
        try await withRelay { relay in
            for _ in 1...2 {
                let token = try await relay.administratorToken
                for (method, path, body, status) in [
                    ("POST", "/api/v1/messages", #"{"topic":"t","payload":{}}"#, 201),
                    ("POST", "/api/v1/messages/bulk", #"{"messages":[{"topic":"t","payload":{}}]}"#, 207),
                    ("POST", "/messages/poll", #"{"topics":["t"],"since":{"t":"0"}}"#, 200),
                    ("GET", "/health", nil, 200), ("GET", "/api/v1/topics/t/messages", nil, 200),
                    ("GET", "/auth/me", nil, 200), ("POST", "/nothing", "{}", 404),
                    ("POST", "/auth/login", "username=admin&password=no", 401),
                ] as [(String, String, String?, Int)] {
                    let connection = try await RawConnection.open(relay.port)
                    connection.request(method, path, token: token, body: body)
                    try await connection.endInput()
                    #expect(await connection.reply()?.status == status, "\(path)")
                    #expect(await connection.rest() == "", "\(path)")
                }
            }
        }
    }

    @Test("publishes that lead to a delivery are answered too, and the delivery goes out")
    func delivered() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for _ in 1...2 {
                let poll = try await RawConnection.open(relay.port)
                poll.request("POST", "/messages/poll", token: token, body: #"{"topics":["t"],"timeout":30}"#)
                var waiters = 0
                while waiters == 0 {
                    let statistics = try await relay.send(.GET, "/messages/poll/stats", token: token)
                    waiters = statistics.object["active_waiters"] as? Int ?? 0
                }
                let connection = try await RawConnection.open(relay.port)
                connection.request("POST", "/api/v1/messages", token: token, body: #"{"topic":"t","payload":{}}"#)
                try await connection.endInput()
                #expect(await connection.reply()?.status == 201)
                #expect(await connection.rest() == "")
                #expect(await poll.reply()?.messageIDs.count == 1)
            }
        }
    }

    @Test("all requests of a pipeline are answered")
    func pipeline() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            for _ in 1...20 {
                connection.request("POST", "/api/v1/messages", token: token, body: #"{"topic":"t","payload":{}}"#)
                connection.request("GET", "/api/v1/topics/t", token: token)
            }
            try await connection.endInput()
            for _ in 1...20 {
                #expect(await connection.reply()?.status == 201)
                #expect(await connection.reply()?.status == 200)
            }
            #expect(await connection.rest() == "")
        }
    }

    @Test("a waiting poll brings the message that it waits for")
    func poll() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await relay.openPoll(["t"], token: token)
            try await connection.endInput()
            try await relay.untilWaiters(1, token: token)
            let id = try await relay.publish("t", token: token)
            #expect(await connection.reply()?.messageIDs == [id])
            #expect(await connection.rest() == "")
        }
    }

    @Test("a poll waits for as long as it was asked to, and its client is asked whether it is still there")
    func waitingPoll() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            connection.request("POST", "/messages/poll", token: token, body: #"{"topics":["t"],"timeout":60}"#)
            try await connection.endInput()
            for _ in 1...3 { #expect(await connection.head()?.status == 100) }
            let id = try await relay.publish("t", token: token)
            #expect(await connection.reply()?.messageIDs == [id])
            #expect(await connection.rest() == "")
        }
    }

    @Test("a poll whose client has left ends long before its time")
    func abandonedPoll() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            connection.request("POST", "/messages/poll", token: token, body: #"{"topics":["t"],"timeout":60}"#)
            try await relay.untilWaiters(1, token: token)
            connection.disconnect()
            try await relay.untilWaiters(0, token: token)
        }
    }

    @Test("a client of HTTP/1.0 gets nothing before the answer")
    func oldPoll() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            let body = #"{"topics":["t"],"timeout":60}"#
            connection.send(
                "POST /messages/poll HTTP/1.0\r\nAuthorization: Bearer \(token)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            try await connection.endInput()
            #expect(await connection.reply()?.status == 200)
            #expect(await connection.rest() == "")
        }
    }

    @Test("an answer that is larger than the socket takes arrives whole")
    func largeAnswer() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let text = String(repeating: "x", count: 900_000)
            for _ in 1...8 { try await relay.publish("t", token: token, ["x": text]) }
            let connection = try await RawConnection.open(relay.port, reads: false)
            connection.request("GET", "/api/v1/topics/t/messages?limit=8", token: token)
            try await connection.endInput()
            try await Task.sleep(for: .milliseconds(300))
            try await connection.startReading()
            // It comes in parts.
            #expect(await connection.head()?.status == 200)
            let rest = await connection.rest()
            #expect(rest.utf8.count > 8 * text.utf8.count)
            #expect(rest.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test("half a request is refused, and nothing of it is done")
    func incomplete() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            connection.request("POST", "/api/v1/messages", token: token, headers: ["Content-Length: 100"])
            connection.send(#"{"topic":"t","payload":{}}"#)
            try await connection.endInput()
            #expect(await connection.reply()?.status == 400)
            #expect(await connection.rest() == "")
            let silent = try await RawConnection.open(relay.port)
            try await silent.endInput()
            #expect(await silent.rest() == "")
            #expect(try await relay.send(.GET, "/api/v1/topics/t", token: token).status == 404)
        }
    }

    @Test("an event stream goes on, and ends when its client has left")
    func eventStream() async throws {
        try await withRelay {
            $0.webSocket.maxPerUser = 1
        } _: { relay in
            let token = try await relay.administratorToken
            let stream = try await TestEventStream(relay, token: token, query: "topics=t")
            _ = await stream.next()
            try await stream.connection.endInput()
            try await relay.publish("t", token: token)
            var event = await stream.next()
            // Comments come as events without data.
            while event != nil, event?.data == nil { event = await stream.next() }
            #expect(event?.data != nil)
            stream.connection.disconnect()
            // Its place is free again once something could not be written to it.
            while true {
                try await relay.publish("t", token: token)
                let next = try await RawConnection.open(relay.port)
                defer { next.disconnect() }
                next.request("GET", "/sse?topics=t", token: token)
                if await next.head()?.status == 200 { break }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    @Test("a WebSocket answers what it was sent, and ends")
    func webSocket() async throws {
        try await withRelay { relay in
            let socket = try await TestWebSocket(relay, token: try await relay.administratorToken)
            #expect(try await socket.subscribe(["u"]).type == "subscribed")
            try socket.send(json: ["type": "publish", "id": "1", "topic": "t", "payload": ["n": 1]])
            try await socket.connection.endInput()
            #expect(await socket.next("published") != nil)
            #expect(await socket.next("published") == nil)
        }
    }
}
