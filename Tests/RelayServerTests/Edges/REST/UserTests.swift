import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Users")
struct UserTests {
    @Test("a user is shown with all its fields")
    func fields() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let reply = try await relay.send(
                .POST,
                "/auth/register",
                token: admin,
                json: [
                    "username": "uma \"é\"", "password": "12345678", "permissions": ["write", "read", "read"], "x": 1,
                ]
            )
            #expect(reply.status == 201)
            #expect(
                Set(reply.object.keys) == [
                    "user_id", "username", "email", "is_active", "created_at", "permissions", "owned_topics",
                ]
            )
            #expect(reply.object["username"] as? String == "uma \"é\"")
            #expect(reply.object["email"] is NSNull)
            #expect(reply.object["is_active"] as? Bool == true)
            #expect(reply.object["permissions"] as? [String] == ["read", "write"])
            #expect(reply.object["owned_topics"] as? [String] == [])
            let created = try #require(reply.object["created_at"] as? String)
            #expect(created.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)

            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "mine"])
            let me = try await relay.send(.GET, "/auth/me", token: admin)
            #expect(me.object["username"] as? String == "admin")
            #expect(me.object["email"] as? String == "admin@example.com")
            #expect(me.object["owned_topics"] as? [String] == ["mine"])
            let users = try await relay.send(.GET, "/auth/users", token: admin).list
            #expect(users.map { $0["username"] as? String } == ["admin", "uma \"é\""])
            let counts = try await relay.send(.GET, "/auth/users/stats", token: admin)
            #expect(counts.text == #"{"total_users":2,"active_users":2}"#)
        }
    }

    @Test("registrations that break rules are issues, and a name is taken once")
    func badRegistrations() async throws {
        let cases: [(String, Int, [String])] = [
            (#"{"username":"ab","password":"12345678"}"#, 422, ["body.username"]),
            (#"{"username":"abc","password":"1234567"}"#, 422, ["body.password"]),
            (#"{"username":"abc"}"#, 422, ["body.password"]),
            (#"{"username":["abc"],"password":1}"#, 422, ["body.username", "body.password"]),
            (#"{"username":"abc","password":"12345678","permissions":["root"]}"#, 422, ["body.permissions"]),
            (#"{"username":"abc","password":"12345678","permissions":[1]}"#, 422, ["body.permissions.0"]),
            (#"{"username":"abc","username":"abd","password":"12345678"}"#, 422, ["body.username"]),
            (#"{"username":"abc","password":"12345678""#, 422, ["body.39"]),
            (#"{"username":"admin","password":"12345678"}"#, 400, []),
        ]
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for (body, status, issues) in cases {
                let reply = try await relay.send(.POST, "/auth/register", token: admin, body: body)
                #expect(reply.status == status, "\(body): \(reply)")
                #expect(reply.issues == issues, "\(body)")
                if status == 400 { #expect(reply.detail == "Username 'admin' already exists") }
            }
            #expect(try await relay.send(.GET, "/auth/users", token: admin).list.count == 1)
        }
    }

    @Test("only what is sent is changed, and null takes an address away")
    func patches() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            func patch(_ body: String) async throws -> TestReply {
                try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, body: body)
            }
            #expect(try await patch(#"{"email":"u@example.org"}"#).object["email"] as? String == "u@example.org")
            let same = try await patch("{}")
            #expect(same.object["email"] as? String == "u@example.org")
            #expect(same.object["permissions"] as? [String] == ["read", "write"])
            #expect(try await patch(#"{"email":null,"permissions":null}"#).object["email"] is NSNull)
            #expect(try await patch(#"{"permissions":[]}"#).object["permissions"] as? [String] == [])
            #expect(try await patch(#"{"password":"short"}"#).status == 422)
            #expect(try await patch(#"{"is_active":"maybe"}"#).issues == ["body.is_active"])
            #expect(try await patch(#"{"password":"another horse"}"#).status == 200)
            _ = try await relay.tokens(of: "uma", password: "another horse")
            let missing = try await relay.send(.PATCH, "/auth/users/nobody", token: admin, body: "{}")
            #expect(missing.status == 404)
            #expect(missing.detail == "User with ID 'nobody' not found")
        }
    }

    @Test("a deleted user is gone everywhere at once: tokens, sessions, grants; its topics stay with administrators")
    func deletion() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("olga", by: admin)
            let user = try await relay.makeUser("uma", by: admin)
            let refresh = try await relay.tokens(of: "uma").refresh
            _ = try await relay.send(.POST, "/api/v1/topics", token: owner.token, json: ["topic_name": "shared"])
            _ = try await relay.send(.POST, "/api/v1/topics", token: user.token, json: ["topic_name": "left"])
            let grant = try await relay.send(
                .POST,
                "/api/v1/topics/shared/permissions",
                token: owner.token,
                json: ["user_id": user.id]
            )
            #expect(grant.status == 201)

            #expect(try await relay.send(.DELETE, "/auth/users/\(user.id)", token: admin).status == 204)
            let gone = try await relay.send(.GET, "/auth/me", token: user.token)
            #expect(gone.status == 401)
            #expect(gone.detail == "User not found")
            #expect(gone.header("www-authenticate") == "Bearer")
            let renewal = try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": refresh])
            #expect(renewal.status == 401)
            let shared = try await relay.send(.GET, "/api/v1/topics/shared", token: owner.token)
            #expect(shared.object["allowed_user_ids"] as? [String] == [])
            #expect(try await relay.send(.GET, "/api/v1/topics/left", token: admin).status == 200)
            let again = try await relay.send(.DELETE, "/auth/users/\(user.id)", token: admin)
            #expect(again.status == 404)
        }
    }

    @Test("nobody deletes itself")
    func ownDeletion() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let me = try #require(try await relay.send(.GET, "/auth/me", token: admin).object["user_id"] as? String)
            let reply = try await relay.send(.DELETE, "/auth/users/\(me)", token: admin)
            #expect(reply.status == 400)
            #expect(reply.detail == "Cannot delete your own user account")
        }
    }

    @Test("a new password ends all that was obtained by the old one at once", .timeLimit(.minutes(1)))
    func newPassword() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            let refresh = try await relay.tokens(of: "uma").refresh
            let socket = try await TestWebSocket(relay, token: user.token)
            _ = try await socket.subscribe(["t"])
            let stream = try await TestEventStream(relay, token: user.token, query: "topics=t")
            let poll = try await RawConnection.open(relay.port)
            poll.request("POST", "/messages/poll", token: user.token, body: #"{"topics":["t"],"timeout":60}"#)
            while try await relay.send(.GET, "/messages/poll/stats", token: admin).object["active_waiters"] as? Int != 1
            {}
            let patch = try await relay.send(
                .PATCH,
                "/auth/users/\(user.id)",
                token: admin,
                json: ["password": "another password"]
            )
            #expect(patch.status == 200)
            #expect(await socket.next()?.closeCode == 1008)
            var last: TestEventStream.Event?
            while let event = await stream.next() { last = event }
            #expect(last?.object["code"] as? String == "AUTH_ERROR")
            #expect(last?.object["message"] as? String == "Token has been revoked")
            #expect(await poll.head()?.status == 401)
            #expect(try await relay.send(.GET, "/auth/me", token: user.token).status == 401)
            let renewal = try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": refresh])
            #expect(renewal.status == 401)
            let new = try await relay.tokens(of: "uma", password: "another password")
            #expect(try await relay.send(.GET, "/auth/me", token: new.access).status == 200)
            #expect(
                try await relay.send(.POST, "/auth/token/refresh", json: ["refresh_token": new.refresh]).status == 200
            )
            socket.connection.disconnect()
            poll.disconnect()
        }
    }

    @Test("a user's change holds at its next request")
    func atOnce() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            func patch(_ body: [String: Any]) async throws {
                let reply = try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, json: body)
                try #require(reply.status == 200)
            }
            func create(_ name: String) async throws -> TestReply {
                try await relay.send(.POST, "/api/v1/topics", token: user.token, json: ["topic_name": name])
            }
            #expect(try await create("one").status == 201)
            try await patch(["permissions": ["read"]])
            let denied = try await create("two")
            #expect(denied.status == 403)
            #expect(denied.detail == "Permission 'write' required")
            try await patch(["is_active": false])
            let inactive = try await create("three")
            #expect(inactive.status == 403)
            #expect(inactive.detail == "User is inactive")
            try await patch(["is_active": true, "permissions": ["write"]])
            #expect(try await create("four").status == 201)
        }
    }
}
