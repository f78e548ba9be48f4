import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Who is in a session, on one relay and on several", .timeLimit(.minutes(3)))
struct SessionPresenceTests {
    @Test("a peer that polls again and again is told to have come once, and to have left once when it stops")
    func polls() async throws {
        try await withRelay {
            $0.sessions.lease = .seconds(20)
            $0.sessions.reconnect = .seconds(2)
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest")
            let told = try await Self.told(session) {
                for _ in 0..<10 { _ = try await session.seen("signal", token: guest) }
            }
            #expect(told.filter { $0 == "peer_joined" }.count == 2)
            #expect(told.suffix(2) == ["peer_away", "peer_left"])
            #expect(!told.dropLast(2).contains("peer_away"))
        }
    }

    /// The types of all that the host's socket is told on the session's topic, up to the first leaving.
    private static func told(_ session: TestSession, during act: () async throws -> Void) async throws -> [String] {
        let socket = try await TestWebSocket(session.relay, token: session.host)
        #expect(try await socket.subscribe([session.topic()], offset: "0").type == "subscribed")
        try await act()
        var told: [String] = []
        while told.last != "peer_left", let frame = await socket.next() {
            let payload = frame.object["payload"] as? [String: Any]
            if frame.type == "message", let type = payload?["type"] as? String { told.append(type) }
        }
        return told
    }

    @Test("two relays on one store are one: a session made at one is joined, heard and closed at the other")
    func twoRelays() async throws {
        try await withTwoRelays { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            let joined = try await TestSession.join(second, session.id, "guest", session.joinToken)
            let guest = try #require(joined.object["ticket"] as? String, "\(joined)")
            let body: [String: Any] = ["topic": session.topic("signal"), "payload": ["type": "candidate"]]
            #expect(try await second.send(.POST, "/api/v1/messages", token: guest, json: body).status == 201)
            #expect(try await session.types("signal", token: session.host) == ["candidate"])
            #expect(try await session.types("signal", token: guest).isEmpty)
            let closed = try await second.send(.POST, session.path + "/close", token: session.host)
            #expect(closed.status == 204)
            #expect(try await session.join("late", session.joinToken).error == "session_closed")
        }
    }

    @Test("a session outlives its relay: tickets, roster and chat are there after a restart")
    func restart() async throws {
        try await withDataDirectory { directory in
            let configure: @Sendable (inout RelayConfiguration) -> Void = {
                $0.storage.backend = .sqlite
                $0.storage.dataDirectory = directory
            }
            let (sessions, made) = AsyncStream<(id: String, ticket: String)>.makeStream()
            try await withRelay(configure) { relay in
                let session = try await TestSession(relay, account: try await relay.administratorToken)
                #expect(try await session.publish(["type": "chat_message"], token: session.host).status == 201)
                made.yield((session.id, session.host))
            }
            let before = try #require(await sessions.first { _ in true })
            try await withRelay(configure) { relay in
                let shown = try await relay.send(.GET, "/v1/sessions/\(before.id)", token: before.ticket)
                #expect(shown.status == 200 && shown.object["state"] as? String == "active")
                let topic = "session/\(before.id)"
                let poll = try await relay.poll([topic], token: before.ticket, since: [topic: "0-0"], timeout: 1)
                #expect(poll.text.contains("chat_message") && poll.text.contains("session_created"))
            }
        }
    }

    @Test("who shows ticket and resume token has the place back, once")
    func resume() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let joined = try await session.join("guest", session.joinToken)
            let ticket = try #require(joined.object["ticket"] as? String)
            let resume = try #require(joined.object["resume"] as? String)
            func comeBack(_ resume: String) async throws -> TestReply {
                let body = ["peer_id": "guest", "join_token": ticket, "resume": resume]
                return try await relay.send(.POST, session.path + "/join", json: body)
            }
            #expect(try await comeBack(String(repeating: "A", count: 43)).error == "conflict")
            #expect(try await comeBack("short").error == "invalid_request")
            #expect(try await comeBack(resume).status == 200)
            #expect(try await comeBack(resume).error == "conflict")
        }
    }

    @Test("failed joins of an address are limited, and good ones are not")
    func failedJoins() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            for number in 0..<12 { #expect(try await session.join("p\(number)", session.joinToken).status == 200) }
            for _ in 0..<10 { #expect(try await session.join("x", "nonsense").status == 401) }
            let refused = try await session.join("y", session.joinToken)
            #expect(refused.status == 429 && refused.error == "rate_limited" && refused.header("retry-after") != nil)
        }
    }

    @Test("the metrics of sessions move, and the one of those there are goes down too")
    func metrics() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let before = try await relay.send(.GET, "/metrics").text
            #expect(before.contains("pulsar_sessions_total 1") && before.contains("pulsar_sessions_active 1"))
            for action in ["/close", "/leave"] {
                #expect(try await relay.send(.POST, session.path + action, token: session.host).status == 204)
            }
            let after = try await relay.send(.GET, "/metrics").text
            #expect(after.contains("pulsar_sessions_active 0"))
            for name in ["pulsar_sessions_closed", "pulsar_sessions_closed_total"] {
                #expect(after.contains(#"\#(name){reason="user_requested"} 1"#))
            }
        }
    }
}
