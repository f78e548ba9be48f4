import Foundation
import NIOHTTP1
import Testing

@Suite("Who reaches whom in a session", .timeLimit(.minutes(2)))
struct SessionReachTests {
    private static let candidate = "candidate:1 1 udp 1 192.0.2.1 9 typ host"
    /// To Swift's comparison both are the same text.
    private static let (kate, kelvin) = ("Kate", "\u{212A}ate")

    @Test("peers whose names are canonically equivalent are two peers")
    func lookalikes() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let kate = try await session.guest(Self.kate)
            let kelvin = try await session.guest(Self.kelvin, role: "observer")
            let offer: [String: any Sendable] = ["type": "offer", "to_peer_id": Self.kate, "sdp": "x"]
            #expect(try await session.publish(offer, to: "signal", token: session.host).status == 201)
            #expect(try await session.types("signal", token: kate) == ["offer"])
            #expect(try await session.types("signal", token: kelvin) == [])
            let candidate: [String: any Sendable] = ["type": "candidate", "candidate": Self.candidate]
            #expect(try await session.publish(candidate, to: "signal", token: kelvin).status == 201)
            #expect(try await session.types("signal", token: kate) == ["offer", "candidate"])
            for (token, line) in [(kate, 1), (kelvin, 2)] {
                let cursor: [String: any Sendable] = ["type": "cursor_update", "line": line]
                #expect(try await session.publish(cursor, to: "presence", token: token).status == 201)
            }
            #expect(try await session.types("presence", token: session.host).count == 2)
            #expect(try await relay.send(.POST, "\(session.path)/leave", token: kelvin).status == 204)
            #expect(try await session.types("presence", token: session.host).count == 1)
        }
    }

    @Test("a user's sessions are listed whatever topics it has beside them")
    func neighbours() async throws {
        try await withRelay { relay in
            let account = try await relay.administratorToken
            let session = try await TestSession(relay, account: account)
            for topic in ["session", "session-m", "session0", "sessions"] {
                try await relay.publish(topic, token: account)
            }
            let listed = try await relay.send(.GET, "/v1/sessions", token: account)
            #expect(listed.list.compactMap { $0["session_id"] as? String } == [session.id])
        }
    }

    @Test("an account without permissions makes no session, and joins none")
    func permissions() async throws {
        try await withRelay { relay in
            let account = try await relay.administratorToken
            let session = try await TestSession(relay, account: account)
            let nobody = try await relay.makeUser("nobody", permissions: [], by: account)
            let made = try await relay.send(.POST, "/v1/sessions", token: nobody.token, json: ["host_id": "h"])
            #expect(made.status == 403 && made.error == "forbidden", "\(made)")
            let joined = try await session.join("n", try await session.invite([:]), account: nobody.token)
            #expect(joined.status == 403, "\(joined)")
        }
    }

    @Test("who has just joined at one relay speaks and hears at another at once")
    func otherRelay() async throws {
        try await withTwoRelays { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            for number in 0..<20 {
                let token = try await session.guest("p\(number)")
                let body: [String: Any] = [
                    "topic": session.topic("signal"), "payload": ["type": "candidate", "candidate": Self.candidate],
                ]
                let said = try await second.send(.POST, "/api/v1/messages", token: token, json: body)
                #expect(said.status == 201, "\(said)")
                let poll: [String: Any] = [
                    "topics": [session.topic()], "since": [session.topic(): "0-0"], "timeout": 1,
                ]
                #expect(try await second.send(.POST, "/messages/poll", token: token, json: poll).status == 200)
            }
        }
    }
}
