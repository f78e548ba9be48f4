import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("The routes of sessions", .timeLimit(.minutes(2)))
struct SessionRouteTests {
    @Test("a session is made, joined, shown, kept alive, left and closed")
    func life() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest", role: "observer")
            let shown = try await relay.send(.GET, session.path, token: guest)
            #expect(shown.status == 200)
            #expect(shown.object["state"] as? String == "active")
            #expect(shown.object["session_key"] == nil)
            let roster = try #require(shown.object["participants"] as? [[String: Any]])
            #expect(roster.compactMap { $0["peer_id"] as? String } == ["host", "guest"])
            #expect(roster.compactMap { $0["role"] as? String } == ["host", "observer"])
            let beat = try await relay.send(.POST, session.path + "/heartbeat", token: session.host, json: [:])
            #expect(beat.status == 200 && beat.object["ticket"] is String)
            #expect(try await relay.send(.POST, session.path + "/leave", token: guest, json: [:]).status == 204)
            #expect(try await relay.send(.GET, session.path, token: guest).status == 403)
            #expect(try await relay.send(.POST, session.path + "/close", token: session.host, json: [:]).status == 204)
            let again = try await relay.send(.POST, session.path + "/close", token: session.host, json: [:])
            #expect(again.status == 410 && again.error == "session_closed")
        }
    }

    @Test("who makes a session needs an account, unless the relay lets everybody")
    func anonymous() async throws {
        try await withRelay { relay in
            let made = try await relay.send(.POST, "/v1/sessions", json: ["host_id": "h"])
            #expect(made.status == 401 && made.error == "unauthenticated")
            #expect(made.object["request_id"] is String && made.object["message"] is String)
        }
        try await withRelay {
            $0.sessions.allowsAnonymous = true
        } _: { relay in
            let made = try await relay.send(.POST, "/v1/sessions", json: ["host_id": "h"])
            #expect(made.status == 200)
            let id = try #require(made.object["session_id"] as? String)
            let token = try #require(made.object["join_token"] as? String)
            let joined = try await TestSession.join(relay, id, "h", token)
            #expect(joined.object["role"] as? String == "host")
        }
    }

    @Test("without an account an address has as many sessions as it may, and makes as many in a minute")
    func anonymousQuotas() async throws {
        @Sendable func make(_ relay: TestRelay, _ address: String) async throws -> TestReply {
            try await relay.send(
                .POST,
                "/v1/sessions",
                headers: [("content-type", "application/json"), ("x-forwarded-for", address)],
                body: #"{"host_id":"h"}"#
            )
        }
        try await withRelay {
            $0.sessions.allowsAnonymous = true
            $0.sessions.maxAnonymousPerAddress = 2
            $0.server.trustForwardedFor = true
            $0.server.trustedProxies = [IPNetwork("127.0.0.0/8")].compactMap(\.self)
        } _: { relay in
            for address in ["2001:db8::1", "2001:db8::ffff:2"] { #expect(try await make(relay, address).status == 200) }
            let full = try await make(relay, "2001:db8::3")
            #expect(full.status == 429 && full.error == "quota_exceeded", "\(full)")
            #expect(full.object["request_id"] is String && full.headers.first(name: "retry-after") != nil)
            let neighbour = try await make(relay, "2001:db8:0:1::3")
            let id = try #require(neighbour.object["session_id"] as? String, "\(neighbour)")
            let token = try #require(neighbour.object["join_token"] as? String)
            let host = try await TestSession.join(relay, id, "h", token)
            let ticket = try #require(host.object["ticket"] as? String)
            // Who makes a session without an account is nobody to it but by its ticket.
            #expect(try await relay.send(.POST, "/v1/sessions/\(id)/close", token: ticket, json: [:]).status == 204)
            // Accounts have their own bound.
            #expect(
                try await relay.send(
                    .POST,
                    "/v1/sessions",
                    token: try await relay.administratorToken,
                    json: ["host_id": "h"]
                ).status == 200
            )
        }
        try await withRelay {
            $0.sessions.allowsAnonymous = true
            $0.server.trustForwardedFor = true
            $0.server.trustedProxies = [IPNetwork("127.0.0.0/8")].compactMap(\.self)
            $0.rateLimits.isEnabled = true
            $0.rateLimits.anonymousSessions = 1
        } _: { relay in
            #expect(try await make(relay, "192.0.2.1").status == 200)
            let fast = try await make(relay, "192.0.2.1")
            #expect(fast.status == 429 && fast.error == "rate_limited", "\(fast)")
            #expect(fast.object["request_id"] is String && fast.headers.first(name: "retry-after") != nil)
            #expect(try await make(relay, "192.0.2.2").status == 200)
        }
    }

    @Test("a repeat of a creation with one key is the same session, another body with it is refused")
    func idempotent() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            func make(_ host: String) async throws -> TestReply {
                try await relay.send(
                    .POST,
                    "/v1/sessions",
                    token: token,
                    headers: [("content-type", "application/json"), ("idempotency-key", "k")],
                    body: #"{"host_id":"\#(host)"}"#
                )
            }
            let (first, second, other) = (try await make("a"), try await make("a"), try await make("b"))
            #expect(first.object["session_id"] as? String == second.object["session_id"] as? String)
            #expect(other.status == 409)
            let list = try await relay.send(.GET, "/v1/sessions", token: token)
            #expect(list.text.components(separatedBy: "session_id").count == 2)
        }
    }

    @Test(
        "what can't be used is refused with the code and the status of the table",
        arguments: [
            (#"{}"#, 400, "missing_parameter"), (#"{"host_id":1}"#, 400, "invalid_request"),
            (#"{"host_id":"h","metadata":[]}"#, 400, "invalid_request"), (#"{"host_id":"#, 400, "invalid_request"),
            (#"{"host_id":"h","host_policy":"x"}"#, 400, "invalid_request"),
            (#"{"host_id":"h","metadata":{"a":"\#(String(repeating: "x", count: 16_384))"}}"#, 413, "too_large"),
        ]
    )
    func badCreation(body: String, status: Int, code: String) async throws {
        try await withRelay { relay in
            let reply = try await relay.send(
                .POST,
                "/v1/sessions",
                token: try await relay.administratorToken,
                headers: [("content-type", "application/json")],
                body: body
            )
            #expect(reply.status == status && reply.error == code, "\(reply)")
        }
    }

    @Test("an account has as many sessions as it may, and the relay as many as it may")
    func quotas() async throws {
        try await withRelay {
            $0.sessions.maxSessionsPerUser = 2
            $0.sessions.maxSessions = 3
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            func make(_ token: String) async throws -> TestReply {
                try await relay.send(.POST, "/v1/sessions", token: token, json: ["host_id": "h"])
            }
            for _ in 0..<2 { #expect(try await make(alice.token).status == 200) }
            let third = try await make(alice.token)
            #expect(third.status == 429 && third.error == "quota_exceeded")
            #expect(third.headers.first(name: "retry-after") != nil)
            #expect(try await make(admin).status == 200)
            let full = try await make(admin)
            #expect(full.status == 503 && full.error == "at_capacity")
        }
    }

    @Test("an invite is good for as many as it says, for its role, and until it is taken back")
    func invites() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let twice = try await session.invite(["role": "observer", "uses": 2])
            for peer in ["a", "b"] {
                #expect(try await session.join(peer, twice).object["role"] as? String == "observer")
            }
            let spent = try await session.join("c", twice)
            #expect(spent.status == 401 && spent.error == "invalid_token")
            let made = try await relay.send(.POST, session.path + "/invites", token: session.host, json: [:])
            let jti = try #require(made.object["jti"] as? String)
            let token = try #require(made.object["token"] as? String)
            #expect(try await relay.send(.DELETE, session.path + "/invites/\(jti)", token: session.host).status == 204)
            #expect(try await session.join("d", token).status == 401)
            let other = try await TestSession(relay, account: session.account)
            let foreign = try await other.join("e", try await session.invite([:]))
            #expect(foreign.status == 403 && foreign.error == "session_mismatch")
        }
    }

    @Test("a role is given by who may, and a kicked peer is out for good, its ticket with it")
    func members() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let (a, b) = (try await session.guest("a"), try await session.guest("b"))
            let path = session.path + "/participants/b/role"
            #expect(try await relay.send(.POST, path, token: a, json: ["role": "observer"]).status == 403)
            #expect(try await relay.send(.POST, path, token: session.host, json: ["role": "observer"]).status == 200)
            #expect(try await session.publish(["type": "note"], token: b).status == 422)
            let kick = session.path + "/kick"
            #expect(try await relay.send(.POST, kick, token: a, json: ["target_peer_id": "b"]).status == 403)
            #expect(try await relay.send(.POST, kick, token: session.host, json: ["target_peer_id": "b"]).status == 204)
            #expect(try await relay.send(.GET, session.path, token: b).status == 403)
            #expect(try await session.join("b", b).status == 401)
        }
    }

    @Test("the keys that verify tickets are open to all, and the secret one is not among them")
    func keySet() async throws {
        try await withRelay { relay in
            let reply = try await relay.send(.GET, "/.well-known/jwks.json")
            let key = try #require((reply.object["keys"] as? [[String: Any]])?.first)
            #expect(key["kty"] as? String == "OKP" && key["crv"] as? String == "Ed25519" && key["d"] == nil)
        }
    }

    @Test("an invite is good for as long as its answer says, however soon the session would end without its host")
    func longInvite() async throws {
        try await withRelay {
            $0.sessions.lifetime = .seconds(60)
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let path = session.path + "/invites"
            let reply = try await relay.send(.POST, path, token: session.host, json: ["expires_in": 7_200])
            let token = try #require(reply.object["token"] as? String, "\(reply)")
            let parts = token.split(separator: ".")
            var payload = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
            payload += String(repeating: "=", count: -payload.count & 3)
            let bytes = try #require(Data(base64Encoded: payload))
            let claims = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
            #expect(claims?["exp"] as? Int == reply.object["expires_at"] as? Int)
        }
    }
}
