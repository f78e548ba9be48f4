import NIOHTTP1
import RelayServer
import Testing

@Suite("Connections whose access token expires", .timeLimit(.minutes(1)))
struct TokenExpiryLiveTests {
    /// Subscribes. The warning of a token with seconds to live comes with the loop's next tick, which may be before the answer.
    private static func warning(_ socket: TestWebSocket) async throws -> TestWebSocket.Frame {
        try socket.send(json: ["type": "subscribe", "topics": ["t"]])
        var frames: [String: TestWebSocket.Frame] = [:]
        while frames["subscribed"] == nil || frames["token_expiring"] == nil {
            let frame = try #require(await socket.next())
            frames[frame.type ?? ""] = frame
        }
        return try #require(frames["token_expiring"])
    }

    @Test("a WebSocket is warned, and then closed with 4001")
    func socketEnds() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let socket = try await TestWebSocket(relay, token: try SignedToken.make(of: alice.id, seconds: 5))
            let warning = try await Self.warning(socket)
            #expect(warning.object["expires_at"] is String)
            let end = try #require(await socket.next())
            #expect(end.closeCode == 4001)
            #expect(String(end.text.dropFirst(2)) == "The access token has expired")
            socket.connection.disconnect()
        }
    }

    @Test("a WebSocket goes on over the expiry with a token that an auth frame brought")
    func socketRenewed() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let old = try SignedToken.make(of: alice.id, seconds: 8)
            let socket = try await TestWebSocket(relay, token: old)
            let stream = try await TestEventStream(relay, token: old, query: "topics=t")
            _ = try await Self.warning(socket)
            try socket.send(json: ["type": "auth", "token": alice.token])
            let answer = try #require(await socket.next())
            #expect(answer.type == "authenticated")
            #expect(answer.object["expires_at"] is String)
            // The stream with the old token ends: the socket is still there afterwards.
            while await stream.next() != nil {}
            let publish = try await relay.send(
                .POST,
                "/api/v1/messages",
                token: alice.token,
                json: ["topic": "t", "payload": ["n": 1]]
            )
            #expect(publish.status == 201)
            #expect(await socket.next()?.type == "message")
            // The old token is no longer the connection's, the new one is.
            #expect(try await relay.send(.POST, "/auth/logout", token: alice.token).status == 204)
            // On a machine that is busy the new token may be about to expire by now, of which the socket is warned.
            #expect(await socket.untilClosed().last?.closeCode == 1008)
            socket.connection.disconnect()
        }
    }

    @Test("an auth frame with another's token, or a bad one, is an error and changes nothing")
    func socketRefused() async throws {
        try await withRelay { relay in
            let administrator = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: administrator)
            let socket = try await TestWebSocket(relay, token: alice.token)
            try socket.send(json: ["type": "subscribe", "topics": ["t"]])
            _ = try #require(await socket.next("subscribed"))
            let expired = try SignedToken.make(of: alice.id, seconds: -1)
            for token in [administrator, expired, "nonsense"] {
                try socket.send(json: ["type": "auth", "token": token])
                #expect(await socket.next()?.object["code"] as? String == "AUTH_ERROR")
            }
            for frame in [
                ["type": "auth"], ["type": "auth", "token": ""],
                ["type": "auth", "token": String(repeating: "x", count: 5_000)],
            ] {
                try socket.send(json: frame)
                #expect(await socket.next()?.object["code"] as? String != nil)
            }
            try socket.send(json: ["type": "ping"])
            #expect(await socket.next()?.type == "pong")
            socket.connection.disconnect()
        }
    }

    @Test("an event stream says why before it ends, and a poll answers 401")
    func streamAndPoll() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let token = try SignedToken.make(of: alice.id, seconds: 3)
            let stream = try await TestEventStream(relay, token: token, query: "topics=t")
            async let poll = relay.send(.POST, "/messages/poll", token: token, json: ["topics": ["t"], "timeout": 60])
            var last: TestEventStream.Event?
            while let event = await stream.next() { last = event }
            #expect(last?.name == "error")
            #expect(last?.object["code"] as? String == "AUTH_ERROR")
            #expect(last?.object["message"] as? String == "The access token has expired")
            #expect(try await poll.status == 401)
        }
    }

    @Test("with end_expired_connections off what is open stays, and only new connections need a new token")
    func off() async throws {
        try await withRelay {
            $0.access.endsExpiredConnections = false
        } _: { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let token = try SignedToken.make(of: alice.id, seconds: 2)
            let socket = try await TestWebSocket(relay, token: token)
            _ = try await socket.subscribe(["t"])
            while try await relay.send(.GET, "/auth/me", token: token).status == 200 {
                try await Task.sleep(for: .milliseconds(100))
            }
            // A poll of the least timeout lasts two ticks at the most: the socket has seen one by then.
            _ = try await relay.send(
                .POST,
                "/messages/poll",
                token: alice.token,
                json: ["topics": ["t"], "timeout": 1]
            )
            try socket.send(json: ["type": "ping"])
            #expect(await socket.next()?.type == "pong")
            socket.connection.disconnect()
        }
    }
}
