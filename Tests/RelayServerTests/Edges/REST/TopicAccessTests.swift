import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Access to topics")
struct TopicAccessTests {
    /// Who asks, of which topic, and what that may do.
    private struct Row: CustomStringConvertible {
        let caller: String
        let topic: String
        let read: Int
        let publish: Int
        let manage: Int

        init(_ caller: String, _ topic: String, read: Int, publish: Int, manage: Int) {
            self.caller = caller
            self.topic = topic
            self.read = read
            self.publish = publish
            self.manage = manage
        }

        var description: String { "\(self.caller) of a \(self.topic) topic" }
        /// Each row has a topic of its own, since what is allowed changes it.
        var name: String { "\(self.caller)-\(self.topic)" }
    }

    /// The contract's table; for what is allowed, the status of success is that of the request.
    private static let rows = [
        Row("admin", "public", read: 200, publish: 201, manage: 200),
        Row("admin", "private", read: 200, publish: 201, manage: 200),
        Row("owner", "public", read: 200, publish: 201, manage: 200),
        Row("owner", "private", read: 200, publish: 201, manage: 200),
        Row("granted", "public", read: 200, publish: 201, manage: 403),
        Row("granted", "private", read: 200, publish: 201, manage: 403),
        Row("stranger", "public", read: 200, publish: 403, manage: 403),
        Row("stranger", "private", read: 403, publish: 403, manage: 403),
    ]

    private struct People: Sendable {
        let tokens: [String: String]
        let granted: TestUser
        let spare: TestUser
    }

    private static func people(_ relay: TestRelay) async throws -> People {
        let admin = try await relay.administratorToken
        let owner = try await relay.makeUser("owner", by: admin)
        let granted = try await relay.makeUser("granted", by: admin)
        let stranger = try await relay.makeUser("stranger", by: admin)
        return People(
            tokens: ["admin": admin, "owner": owner.token, "granted": granted.token, "stranger": stranger.token],
            granted: granted,
            spare: try await relay.makeUser("spare", by: admin)
        )
    }

    private static func make(_ row: Row, _ relay: TestRelay, _ people: People) async throws {
        let owner = people.tokens["owner"]
        let topic: [String: Any] = ["topic_name": row.name, "is_public": row.topic == "public"]
        try #require(try await relay.send(.POST, "/api/v1/topics", token: owner, json: topic).status == 201)
        let grant = ["user_id": people.granted.id]
        let path = "/api/v1/topics/\(row.name)/permissions"
        try #require(try await relay.send(.POST, path, token: owner, json: grant).status == 201)
        let message: [String: Any] = ["topic": row.name, "payload": ["n": 1]]
        try #require(try await relay.send(.POST, "/api/v1/messages", token: owner, json: message).status == 201)
    }

    @Test("the access table holds on every route")
    func table() async throws {
        try await withRelay { relay in
            let people = try await Self.people(relay)
            for row in Self.rows {
                try await Self.make(row, relay, people)
                let token = people.tokens[row.caller]
                let path = "/api/v1/topics/\(row.name)"

                for read in [path, "\(path)/messages"] {
                    let reply = try await relay.send(.GET, read, token: token)
                    #expect(reply.status == row.read, "\(row): GET \(read)")
                    if row.read == 403 { #expect(reply.detail == "Access denied to topic '\(row.name)'") }
                }
                let poll: [String: Any] = ["topics": [row.name], "since": [row.name: "0-0"], "timeout": 1]
                let polled = try await relay.send(.POST, "/messages/poll", token: token, json: poll)
                #expect(polled.status == row.read, "\(row): poll")

                let message: [String: Any] = ["topic": row.name, "payload": [:]]
                let published = try await relay.send(.POST, "/api/v1/messages", token: token, json: message)
                #expect(published.status == row.publish, "\(row): publish")

                let managing: [(HTTPMethod, String, String?, Int)] = [
                    (.PUT, path, #"{"description":"d"}"#, 200),
                    (.GET, "\(path)/permissions", nil, 200),
                    (.POST, "\(path)/permissions", #"{"username":"spare"}"#, 201),
                    (.DELETE, "\(path)/permissions/\(people.spare.id)", nil, 204),
                    (.DELETE, path, nil, 204),
                ]
                for (method, path, body, success) in managing {
                    let reply = try await relay.send(method, path, token: token, body: body)
                    #expect(reply.status == (row.manage == 200 ? success : row.manage), "\(row): \(method) \(path)")
                    if row.manage == 403 { #expect(reply.detail == "Access denied to topic '\(row.name)'") }
                }
            }
        }
    }

    @Test("a topic that does not exist: 404 to all, but it can be polled, and is made by its first publisher")
    func missing() async throws {
        try await withRelay { relay in
            let people = try await Self.people(relay)
            for (caller, token) in people.tokens {
                let name = "missing-\(caller)"
                let path = "/api/v1/topics/\(name)"
                let requests: [(HTTPMethod, String, String?)] = [
                    (.GET, path, nil), (.GET, "\(path)/messages", nil), (.PUT, path, "{}"), (.DELETE, path, nil),
                    (.GET, "\(path)/permissions", nil), (.POST, "\(path)/permissions", #"{"username":"spare"}"#),
                    (.POST, "\(path)/permissions", "{}"), (.DELETE, "\(path)/permissions/x", nil),
                ]
                for (method, path, body) in requests {
                    let reply = try await relay.send(method, path, token: token, body: body)
                    #expect(reply.status == 404, "\(caller): \(method) \(path)")
                    #expect(reply.detail == "Topic '\(name)' not found", "\(caller): \(method) \(path)")
                }
                let message: [String: Any] = ["topic": name, "payload": [:]]
                #expect(try await relay.send(.POST, "/api/v1/messages", token: token, json: message).status == 201)
                let made = try await relay.send(.GET, path, token: token)
                let me = try await relay.send(.GET, "/auth/me", token: token)
                #expect(made.object["owner_id"] as? String == me.object["user_id"] as? String)
                #expect(made.object["is_public"] as? Bool == false)
                #expect(made.object["description"] as? String == "Auto-created topic by \(caller)")
            }
        }
    }

    @Test("names that no topic can have are unknown topics, however they are spelled")
    func illegalNames() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "real"])
            for name in [
                "real%00", "re%2Fal", "..%2Freal", "real;x", "real%20", "___", "%C3%A9t%C3%A9", "%25", "a.b",
            ] {
                for (method, suffix) in [
                    (HTTPMethod.GET, ""), (.GET, "/messages"), (.DELETE, ""), (.GET, "/permissions"),
                ] {
                    let reply = try await relay.send(method, "/api/v1/topics/\(name)\(suffix)", token: admin)
                    #expect(reply.status == 404, "\(method) \(name)\(suffix)")
                    #expect(reply.detail == "Topic '\(name)' not found", "\(method) \(name)\(suffix)")
                }
            }
            let long = String(repeating: "a", count: 300)
            #expect(try await relay.send(.GET, "/api/v1/topics/\(long)", token: admin).status == 404)
            #expect(try await relay.send(.GET, "/api/v1/topics/real", token: admin).status == 200)
        }
    }

    @Test("a revoked grant and a topic made private end access at once")
    func atOnce() async throws {
        try await withRelay { relay in
            let people = try await Self.people(relay)
            let owner = people.tokens["owner"]
            let row = Row("x", "private", read: 200, publish: 201, manage: 403)
            try await Self.make(row, relay, people)
            let path = "/api/v1/topics/\(row.name)"
            func sees(_ caller: String) async throws -> Int {
                try await relay.send(.GET, "\(path)/messages", token: people.tokens[caller]).status
            }
            #expect(try await sees("granted") == 200)
            _ = try await relay.send(.DELETE, "\(path)/permissions/\(people.granted.id)", token: owner)
            #expect(try await sees("granted") == 403)
            _ = try await relay.send(.PUT, path, token: owner, json: ["is_public": true])
            #expect(try await sees("granted") == 200)
            _ = try await relay.send(.PUT, path, token: owner, json: ["is_public": false])
            #expect(try await sees("stranger") == 403)
        }
    }

    @Test("with names of its own, each user has its own topics, administrators too, and nothing is shared")
    func ownerScope() async throws {
        try await withRelay {
            $0.access.topicScope = .owner
        } _: { relay in
            let people = try await Self.people(relay)
            var ids: Set<String> = []
            for caller in ["owner", "stranger"] {
                let topic: [String: Any] = ["topic_name": "same", "is_public": true]
                let reply = try await relay.send(.POST, "/api/v1/topics", token: people.tokens[caller], json: topic)
                #expect(reply.status == 201)
                ids.insert(try #require(reply.object["topic_id"] as? String))
                let message: [String: Any] = ["topic": "same", "payload": ["from": caller]]
                _ = try await relay.send(.POST, "/api/v1/messages", token: people.tokens[caller], json: message)
            }
            #expect(ids.count == 2)
            for caller in ["owner", "stranger"] {
                let token = people.tokens[caller]
                let page = try await relay.send(.GET, "/api/v1/topics/same/messages", token: token)
                let payloads = (page.object["messages"] as? [[String: Any]] ?? []).map {
                    $0["payload"] as? [String: String]
                }
                #expect(payloads == [["from": caller]])
                #expect(try await relay.send(.GET, "/api/v1/topics", token: token).list.count == 1)
                let again = try await relay.send(.POST, "/api/v1/topics", token: token, json: ["topic_name": "same"])
                #expect(again.status == 400)
            }
            for caller in ["admin", "granted"] {
                #expect(try await relay.send(.GET, "/api/v1/topics/same", token: people.tokens[caller]).status == 404)
            }
            for method in [HTTPMethod.GET, .POST] {
                let reply = try await relay.send(
                    method,
                    "/api/v1/topics/same/permissions",
                    token: people.tokens["owner"]
                )
                #expect(reply.status == 404)
                #expect(reply.detail == "Not Found")
            }
        }
    }
}
