import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("A session's topics over the ordinary routes", .timeLimit(.minutes(2)))
struct SessionTopicTests {
    @Test("a guest says as many bytes as a peer may, over each of the edges, and others go on")
    func bytes() async throws {
        try await withRelay {
            $0.sessions.maxPeerBytes = 1 << 20
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest")
            let text = String(repeating: "x", count: 60_000)
            func say(_ token: String) async throws -> TestReply {
                try await session.publish(["type": "candidate_text", "text": text], to: "signal", token: token)
            }
            // Half of a mebibyte at once, and a little more with every second.
            var said = 0
            var reply = try await say(guest)
            while reply.status == 201, said < 100 {
                said += 1
                reply = try await say(guest)
            }
            #expect((8..<100).contains(said))
            #expect(reply.status == 422 && reply.text.contains("quota_exceeded"), "\(reply)")
            #expect(try await say(session.host).status == 201)
            let line = #"pulsar_signaling_messages_total{message_type="over_bytes"} 1"#
            #expect(try await relay.send(.GET, "/metrics").text.contains(line))
            let socket = try await SignalingClient(session, "other", try await session.invite([:]))
            for _ in 0..<40 { try socket.say(["type": "offer", "to_peer_id": "host", "sdp": text, "id": 1]) }
            #expect(await socket.next("error")["code"] as? String == "quota_exceeded")
            socket.disconnect()
        }
    }

    @Test("members chat on the session's topic, which tells of the session too, each thing once")
    func chat() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest", role: "observer")
            #expect(try await session.publish(["type": "chat_message", "message": "hi"], token: guest).status == 201)
            let seen = try await session.seen(token: session.host)
            let types = seen.compactMap { ($0["payload"] as? [String: Any])?["type"] as? String }
            #expect(types.filter { $0 == "peer_joined" }.count == 2)
            #expect(types.last == "chat_message")
            #expect(seen.last?["sender"] as? String == "guest")
            #expect(try await session.publish(["type": "peer_joined"], token: guest).status == 422)
            let spoofed = try await session.publish(["type": "chat_message", "peer_id": "host"], token: guest)
            #expect(spoofed.status == 422)
        }
    }

    @Test("a signal for a peer is seen by that peer alone, on poll, history, stream and WebSocket")
    func addressed() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let (a, b) = (try await session.guest("a"), try await session.guest("b"))
            let socket = try await TestWebSocket(relay, token: b)
            #expect(try await socket.subscribe([session.topic("signal")]).type == "subscribed")
            let stream = try await TestEventStream(
                relay,
                token: a,
                query: "topics=\(session.topic("signal"))"
            )
            let offer: [String: any Sendable] = ["type": "offer", "to_peer_id": "b", "sdp": "x"]
            #expect(try await session.publish(offer, to: "signal", token: a).status == 201)
            #expect(try await session.publish(["type": "candidate"], to: "signal", token: b).status == 201)
            let frame = try #require(await socket.next("message"))
            #expect(frame.object["sender"] as? String == "a")
            #expect((frame.object["payload"] as? [String: Any])?["type"] as? String == "offer")
            var event = await stream.next()
            while let next = event, next.name != "message" { event = await stream.next() }
            #expect(event?.object["sender"] as? String == "b")
            #expect(try await session.types("signal", token: a) == ["candidate"])
            #expect(try await session.types("signal", token: b) == ["offer"])
            #expect(try await session.types("signal", token: session.host) == ["candidate"])
            let name = session.topic("signal").replacing("/", with: "%2F")
            let page = try await relay.send(.GET, "/api/v1/topics/\(name)/messages?order=asc", token: b)
            #expect(page.status == 200)
            #expect((page.object["messages"] as? [[String: Any]])?.compactMap { $0["sender"] as? String } == ["a"])
            socket.connection.disconnect()
            stream.connection.disconnect()
        }
    }

    @Test("presence is each peer's newest cursor and status, for as long as the peer is there")
    func presence() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let (a, b) = (try await session.guest("a"), try await session.guest("b"))
            for line in 1...20 {
                for (token, peer) in [(a, "a"), (b, "b")] {
                    let cursor: [String: any Sendable] = ["type": "cursor_update", "line": "\(peer) \(line)"]
                    #expect(try await session.publish(cursor, to: "presence", token: token).status == 201)
                }
                let status = try await session.publish(
                    ["type": "presence_update", "line": "idle \(line)"],
                    to: "presence",
                    token: a
                )
                #expect(status.status == 201)
            }
            let secret: [String: any Sendable] = ["type": "cursor_update", "to_peer_id": "b", "line": "for b"]
            #expect(try await session.publish(secret, to: "presence", token: a).status == 201)
            func lines(_ token: String) async throws -> [String] {
                try await session.seen("presence", token: token).compactMap {
                    ($0["payload"] as? [String: Any])?["line"] as? String
                }
            }
            #expect(try await lines(session.host) == ["a 20", "b 20", "idle 20"])
            #expect(try await lines(b) == ["a 20", "b 20", "idle 20", "for b"])
            let left = try await relay.send(.POST, "\(session.path)/leave", token: a)
            #expect(left.status == 204, "\(left)")
            #expect(try await lines(session.host) == ["b 20"])
        }
    }

    @Test("an account acts as one of its peers, and as no one else's")
    func accounts() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let mallory = try await relay.makeUser("mallory", by: admin)
            let session = try await TestSession(relay, account: alice.token)
            let second = try await session.join("tab2", try await session.invite([:]), account: alice.token)
            #expect(second.status == 200)
            for (peer, other) in [("host", "tab2"), ("tab2", "host")] {
                let said = try await session.publish(
                    ["type": "candidate", "of": peer],
                    to: "signal",
                    token: alice.token,
                    as: peer
                )
                #expect(said.status == 201)
                #expect(
                    try await session.seen("signal", token: alice.token, as: other).contains {
                        $0["sender"] as? String == peer
                    }
                )
                #expect(
                    try await !session.seen("signal", token: alice.token, as: peer).contains {
                        $0["sender"] as? String == peer
                    }
                )
            }
            #expect(try await session.publish(["type": "candidate"], to: "signal", token: alice.token).status == 403)
            for peer in ["host", "tab2", "mallory", nil] {
                let said = try await session.publish(
                    ["type": "candidate"],
                    to: "signal",
                    token: mallory.token,
                    as: peer
                )
                #expect(said.status == 403, "\(peer ?? "none")")
            }
            let refused = try await relay.send(
                .POST,
                "/messages/poll",
                token: mallory.token,
                json: ["topics": [session.topic()]]
            )
            #expect(refused.status == 403)
        }
    }

    @Test("a ticket opens its session's topics, and nothing else")
    func tickets() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let session = try await TestSession(relay, account: admin)
            let other = try await TestSession(relay, account: admin)
            let ticket = try await session.guest("guest")
            try await relay.publish("news", token: admin)
            for path in [
                "/auth/me", "/api/v1/topics", "/auth/users", "/v1/sessions", other.path, "/api/v1/topics/news/messages",
            ] {
                let reply = try await relay.send(.GET, path, token: ticket)
                #expect([401, 403, 404].contains(reply.status), "\(path): \(reply)")
            }
            for topic in ["news", "mine", other.topic(), other.topic("signal")] {
                let poll = try await relay.send(
                    .POST,
                    "/messages/poll",
                    token: ticket,
                    json: ["topics": [topic], "timeout": 1]
                )
                #expect([403, 404].contains(poll.status), "\(topic): \(poll)")
                let body: [String: Any] = ["topic": topic, "payload": ["a": 1]]
                let publish = try await relay.send(.POST, "/api/v1/messages", token: ticket, json: body)
                #expect([403, 404].contains(publish.status), "\(topic): \(publish)")
            }
            let made = try await relay.send(.POST, "/api/v1/topics", token: ticket, json: ["topic_name": "mine"])
            #expect([401, 403, 404].contains(made.status), "\(made)")
        }
    }

    @Test("nobody makes a session's topic by publishing, asking for it, or granting it")
    func noCreation() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for topic in ["session/11111111-2222-4333-8444-555555555555", "session/x/signal", "relay/session-keys"] {
                let body: [String: Any] = ["topic": topic, "payload": ["a": 1]]
                let publish = try await relay.send(.POST, "/api/v1/messages", token: admin, json: body)
                #expect([403, 404, 422].contains(publish.status), "\(topic): \(publish)")
                let made = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": topic])
                #expect([403, 404, 422].contains(made.status), "\(topic): \(made)")
            }
            let session = try await TestSession(relay, account: admin)
            let name = session.topic().replacing("/", with: "%2F")
            #expect(try await relay.send(.DELETE, "/api/v1/topics/\(name)", token: admin).status == 403)
            #expect(
                try await relay.send(.PUT, "/api/v1/topics/\(name)", token: admin, json: ["is_public": true]).status
                    == 403
            )
        }
    }

    @Test("an open socket and an open stream end for a peer that is put out, and go on for the others")
    func kicked() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let ticket = try await session.guest("guest")
            let socket = try await TestWebSocket(relay, token: ticket)
            _ = try await socket.subscribe([session.topic("signal")])
            let kick = ["target_peer_id": "guest"]
            #expect(try await relay.send(.POST, session.path + "/kick", token: session.host, json: kick).status == 204)
            #expect(await socket.next("error")?.object["code"] as? String == "SUBSCRIPTION_ERROR")
            #expect(try await session.publish(["type": "candidate"], to: "signal", token: session.host).status == 201)
            try socket.send(json: ["type": "ping"])
            #expect(await socket.next()?.type == "pong")
            socket.connection.disconnect()
        }
    }
}
