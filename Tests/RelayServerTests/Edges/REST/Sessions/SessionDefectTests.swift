import Foundation
import NIOHTTP1
import RelayServer
import Testing

/// What the service that sessions replace got wrong, each by its name.
@Suite("Faults of the service before this one", .timeLimit(.minutes(2)))
struct SessionDefectTests {
    @Test("many creations by strangers do not make the relay unready")
    func strangersAndReadiness() async throws {
        try await withRelay {
            $0.sessions.allowsAnonymous = true
            $0.sessions.maxSessions = 20
            $0.sessions.maxAnonymousPerAddress = 60
        } _: { relay in
            var codes: Set<Int> = []
            for _ in 0..<60 { codes.insert(try await relay.send(.POST, "/v1/sessions", json: ["host_id": "h"]).status) }
            #expect(codes == [200, 503])
            #expect(try await relay.send(.GET, "/health/readiness").status == 200)
        }
    }

    @Test("who only knows a session's id sees nothing of it, and can't close it")
    func knowingTheID() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let mallory = try await relay.makeUser("mallory", by: admin)
            let session = try await TestSession(relay, account: try await relay.makeUser("alice", by: admin).token)
            for token in [nil, mallory.token] {
                for (method, path) in [(HTTPMethod.GET, session.path), (.POST, session.path + "/close")] {
                    let reply = try await relay.send(method, path, token: token)
                    #expect(reply.status == (token == nil ? 401 : 403), "\(reply)")
                    #expect(!reply.text.contains("host\""))
                }
            }
            #expect(try await relay.send(.GET, session.path, token: session.host).status == 200)
        }
    }

    @Test("a session that is over is joined no more")
    func over() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            #expect(try await relay.send(.POST, session.path + "/close", token: session.host, json: [:]).status == 204)
            let late = try await session.join("late", session.joinToken)
            #expect(late.status == 410 && late.error == "session_closed")
        }
    }

    @Test("an unknown id is 404 on every route, and a client's fault never 5xx")
    func unknown() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for id in ["11111111-2222-4333-8444-555555555555", "x", "..", "%00"] {
                let path = "/v1/sessions/\(id)"
                for (method, path) in [
                    (HTTPMethod.GET, path), (.POST, path + "/close"), (.POST, path + "/leave"), (.POST, path + "/kick"),
                    (.POST, path + "/invites"), (.POST, path + "/heartbeat"),
                ] {
                    let reply = try await relay.send(method, path, token: token, json: ["target_peer_id": "a"])
                    #expect([400, 403, 404].contains(reply.status), "\(path): \(reply)")
                }
            }
        }
    }

    @Test("a blank token enters no session, and makes none")
    func blankToken() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            for token in ["", " ", "."] {
                let joined = try await session.join("guest", token)
                #expect([400, 401].contains(joined.status), "\(joined)")
            }
        }
    }

    @Test("one token shared by all makes one host, and guests of the others")
    func sharedToken() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            for peer in ["a", "b"] {
                #expect(try await session.join(peer, session.joinToken).object["role"] as? String == "editor")
            }
        }
    }

    @Test("tokens that are no tokens are refused, whatever bytes they hold, and the next request is answered")
    func strangeTokens() async throws {
        try await withRelay {
            $0.sessions.acceptsLegacyTokens = true
            $0.rateLimits.isEnabled = false
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let pieces = [
                "é", "日本", "+1", "\u{0}", "😀😀", "ff", "..", "a.b", "a.b.c", String(repeating: "f", count: 9_000),
            ]
            for token in pieces + pieces.map({ $0 + $0 }) {
                let joined = try await session.join("guest", token)
                #expect([400, 401, 413, 422].contains(joined.status), "\(joined)")
            }
            #expect(try await relay.send(.GET, session.path, token: session.host).status == 200)
        }
    }

    @Test("session ids can't be guessed")
    func longIDs() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            var ids: Set<String> = []
            for _ in 0..<5 { ids.insert(try await TestSession(relay, account: token).id) }
            // 128 random bits, as 22 characters or more.
            #expect(ids.count == 5 && ids.allSatisfy { $0.utf8.count >= 22 })
        }
    }

    @Test("a duplicate peer id is refused to who can't prove to be that peer")
    func duplicatePeer() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let twin = try await session.join("host", try await session.invite([:]))
            #expect(twin.status == 409 && twin.error == "conflict")
        }
    }
}
