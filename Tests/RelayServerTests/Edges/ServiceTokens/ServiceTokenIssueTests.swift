import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Service tokens are issued, listed and revoked", .timeLimit(.minutes(1)))
struct ServiceTokenIssueTests {
    @Test("the answer says what the token is for, and is kept by nobody")
    func answer() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let body: [String: Any] = [
                "label": "board", "topics": ["b", "a", "b"], "prefixes": ["room-"], "permissions": ["write", "read"],
                "peer_id": "tab", "expires_in": 60,
            ]
            let reply = try await relay.send(.POST, "/auth/tokens", token: alice.token, json: body)
            #expect(reply.status == 201)
            #expect(reply.header("cache-control") == "no-store")
            let object = reply.object
            #expect(object["topics"] as? [String] == ["a", "b"] && object["prefixes"] as? [String] == ["room-"])
            #expect(object["permissions"] as? [String] == ["read", "write"] && object["peer_id"] as? String == "tab")
            #expect(object["label"] as? String == "board" && object["user_id"] as? String == alice.id)
            #expect(object["expires_in"] as? Int == 60 && object["token_type"] as? String == "bearer")
            let listed = try await relay.send(.GET, "/auth/tokens", token: alice.token)
            #expect(listed.header("x-max-expires-in") == "2592000")
            let list = listed.list
            #expect(list.count == 1 && list.first?["id"] as? String == object["id"] as? String)
            #expect(
                list.first?["token"] == nil && list.first?["expires_at"] as? String == object["expires_at"] as? String
            )
        }
    }

    @Test("a name needs to be the caller's to manage, or free")
    func names() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            try await relay.makeTopic("board", isPublic: true, token: alice.token)
            let grant = try await relay.send(
                .POST,
                "/api/v1/topics/board/permissions",
                token: alice.token,
                json: ["user_id": bob.id]
            )
            #expect(grant.status == 201)
            let refused = try await relay.send(.POST, "/auth/tokens", token: bob.token, json: ["topics": ["board"]])
            #expect(refused.status == 403 && refused.detail == "Access denied to topic 'board'")
            _ = try await relay.serviceToken(["board"], token: alice.token)
            _ = try await relay.serviceToken(["board"], token: admin)
            _ = try await relay.serviceToken(["free"], token: bob.token)
        }
    }

    @Test(
        "what is no scope is a 422 that says where",
        arguments: [
            (#"{"topics": ["a b"]}"#, "body.topics.0"), (#"{"topics": ["a", "session/x/signal"]}"#, "body.topics.1"),
            (#"{"topics": ["session/x"]}"#, "body.topics.0"),
            (#"{"topics": ["session/x/document/d"]}"#, "body.topics.0"),
            (#"{"topics": ["document/x/awareness"]}"#, "body.topics.0"), (#"{"topics": [""]}"#, "body.topics.0"),
            (#"{"prefixes": [""]}"#, "body.prefixes.0"), (#"{"prefixes": ["/"]}"#, "body.prefixes.0"),
            (#"{"prefixes": ["session/"]}"#, "body.prefixes.0"), (#"{"prefixes": ["a b"]}"#, "body.prefixes.0"),
            (#"{}"#, "body.topics"), (#"{"topics": "a"}"#, "body.topics"),
            (#"{"topics": ["a"], "permissions": ["write"]}"#, "body.permissions"),
            (#"{"topics": ["a"], "permissions": ["read", "admin"]}"#, "body.permissions"),
            (#"{"topics": ["a"], "peer_id": ""}"#, "body.peer_id"), (#"{"topics": ["a"], "label": ""}"#, "body.label"),
            (#"{"topics": ["a"], "expires_in": 0}"#, "body.expires_in"),
            (#"{"topics": ["a"], "expires_in": 2592001}"#, "body.expires_in"),
        ]
    )
    func invalid(body: String, place: String) async throws {
        try await withRelay { relay in
            let reply = try await relay.send(
                .POST,
                "/auth/tokens",
                token: try await relay.administratorToken,
                body: body
            )
            #expect(reply.status == 422 && reply.issues == [place], "\(reply)")
        }
    }

    @Test("a list has the caller's own; administrators see another's, and all, page by page")
    func lists() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            var ids: [String] = []
            for user in [alice, bob, alice] { ids.append(try await relay.serviceToken(["t"], token: user.token).id) }
            func list(_ query: String, _ token: String) async throws -> [String] {
                try await relay.send(.GET, "/auth/tokens\(query)", token: token).list.compactMap { $0["id"] as? String }
            }
            #expect(try await list("", alice.token) == [ids[0], ids[2]])
            #expect(try await list("?user_id=\(alice.id)", alice.token) == [ids[0], ids[2]])
            #expect(try await list("?user_id=\(bob.id)", admin) == [ids[1]])
            #expect(try await list("?all=true", admin) == ids)
            for query in ["?user_id=\(bob.id)", "?all=true"] {
                #expect(try await relay.send(.GET, "/auth/tokens\(query)", token: alice.token).status == 403)
            }
            let first = try await relay.send(.GET, "/auth/tokens?all=true&limit=2", token: admin)
            #expect(first.list.count == 2)
            let cursor = try #require(first.header("x-next-cursor"))
            #expect(try await list("?all=true&limit=2&cursor=\(cursor)", admin) == [ids[2]])
            #expect(try await relay.send(.GET, "/auth/tokens?cursor=x", token: admin).status == 422)
        }
    }

    @Test("a token is revoked by its user or an administrator, and unknown to everybody else")
    func revocation() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let bob = try await relay.makeUser("bob", by: admin)
            let own = try await relay.serviceToken(["t"], token: alice.token)
            let other = try await relay.serviceToken(["t"], token: alice.token)
            #expect(try await relay.poll(["t"], token: own.text, timeout: 1).status == 200)
            let refused = try await relay.send(.DELETE, "/auth/tokens/\(own.id)", token: bob.token)
            #expect(refused.status == 404 && refused.detail == "Service token not found")
            #expect(try await relay.send(.DELETE, "/auth/tokens/\(own.id)", token: alice.token).status == 204)
            #expect(try await relay.send(.DELETE, "/auth/tokens/\(own.id)", token: alice.token).status == 404)
            #expect(try await relay.send(.DELETE, "/auth/tokens/\(other.id)", token: admin).status == 204)
            let reply = try await relay.poll(["t"], token: own.text, timeout: 1)
            #expect(reply.status == 401 && reply.detail == "Token has been revoked")
            #expect(try await relay.send(.GET, "/auth/tokens", token: alice.token).list.isEmpty)
        }
    }

    @Test("a user has as many as may be")
    func bounded() async throws {
        try await withRelay {
            $0.quotas.maxServiceTokensPerUser = 1
        } _: { relay in
            let admin = try await relay.administratorToken
            _ = try await relay.serviceToken(["t"], token: admin)
            let refused = try await relay.send(.POST, "/auth/tokens", token: admin, json: ["topics": ["t"]])
            #expect(refused.status == 409)
            #expect(refused.detail == "A user may have 1 service tokens: revoke some, or let them expire")
        }
    }
}
