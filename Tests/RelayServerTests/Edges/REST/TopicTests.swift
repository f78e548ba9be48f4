import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Topics, grants and history")
struct TopicTests {
    @Test("a topic is shown with all its fields; who was granted, to its owner only")
    func fields() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("olga", by: admin)
            let user = try await relay.makeUser("uma", by: admin)
            let made = try await relay.send(.POST, "/api/v1/topics", token: owner.token, json: ["topic_name": "t"])
            #expect(made.status == 201)
            #expect(
                Set(made.object.keys) == [
                    "topic_id", "topic_name", "owner_id", "is_public", "created_at", "description", "durability",
                    "anonymous", "allowed_user_ids",
                ]
            )
            #expect(made.object["owner_id"] as? String == owner.id)
            #expect(made.object["description"] is NSNull)
            #expect(made.object["allowed_user_ids"] as? [String] == [])

            let permissions = "/api/v1/topics/t/permissions"
            let grant = try await relay.send(.POST, permissions, token: owner.token, json: ["username": "uma"])
            #expect(grant.status == 201)
            #expect(grant.object["topic_name"] as? String == "t")
            #expect(grant.object["user_id"] as? String == user.id)
            #expect(grant.object["username"] as? String == "uma")
            let grants = try await relay.send(.GET, permissions, token: owner.token).list
            #expect(grants.count == 1)
            #expect(grants.first?["granted_at"] as? String == grant.object["granted_at"] as? String)

            for (token, isOwner) in [(owner.token, true), (user.token, false), (admin, false)] {
                let shown = try await relay.send(.GET, "/api/v1/topics/t", token: token)
                #expect(shown.object["allowed_user_ids"] as? [String] == (isOwner ? [user.id] : nil))
            }
            let put = try await relay.send(.PUT, "/api/v1/topics/t", token: admin, json: ["description": "d"])
            #expect(put.object["allowed_user_ids"] is NSNull)
        }
    }

    @Test("what people without a token may do is 'none' for streams, which take no other word")
    func anonymous() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let topics = "/api/v1/topics"
            for value in ["read", "write"] {
                let body = ["topic_name": "t", "anonymous": value]
                let refused = try await relay.send(.POST, topics, token: token, json: body)
                #expect(refused.status == 422)
                #expect(refused.object["detail"] as? String == Self.needsToken)
            }
            #expect(try await relay.send(.GET, "\(topics)/t", token: token).status == 404)
            let wrong = try await relay.send(
                .POST,
                topics,
                token: token,
                json: ["topic_name": "t", "anonymous": "all"]
            )
            #expect(wrong.status == 422 && wrong.text.contains("Input should be 'none', 'read' or 'write'"))
            let body = ["topic_name": "t", "anonymous": "none"]
            let made = try await relay.send(.POST, topics, token: token, json: body)
            #expect(made.status == 201 && made.object["anonymous"] as? String == "none")
            let refused = try await relay.send(.PUT, "\(topics)/t", token: token, json: ["anonymous": "read"])
            #expect(refused.status == 422 && refused.object["detail"] as? String == Self.needsToken)
            for same in [#"{"anonymous":"none"}"#, #"{"anonymous":null}"#, "{}"] {
                let put = try await relay.send(.PUT, "\(topics)/t", token: token, body: same)
                #expect(put.status == 200 && put.text == made.text)
            }
            let listed = try await relay.send(.GET, topics, token: token).list
            #expect(listed.map { $0["anonymous"] as? String } == ["none"])
        }
    }

    private static let needsToken = "This kind of topic is for people with a token: 'anonymous' can only be 'none'"

    @Test("topics are listed by name: owned and granted ones, nobody's public ones, for administrators as for others")
    func list() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("olga", by: admin)
            let user = try await relay.makeUser("uma", by: admin)
            for (name, token) in [("b", owner.token), ("a", owner.token), ("C", owner.token), ("aa", user.token)] {
                let topic: [String: Any] = ["topic_name": name, "is_public": name == "b"]
                _ = try await relay.send(.POST, "/api/v1/topics", token: token, json: topic)
            }
            let grant = ["user_id": user.id]
            _ = try await relay.send(.POST, "/api/v1/topics/a/permissions", token: owner.token, json: grant)
            for (token, names) in [(owner.token, ["C", "a", "b"]), (user.token, ["a", "aa"]), (admin, [])] {
                let listed = try await relay.send(.GET, "/api/v1/topics", token: token).list
                #expect(listed.map { $0["topic_name"] as? String } == names)
            }
            let counts = try await relay.send(.GET, "/api/v1/topics/stats", token: admin)
            #expect(counts.text == #"{"total_topics":4,"public_topics":1,"private_topics":3}"#)
        }
    }

    @Test("bodies that break rules are issues")
    func badBodies() async throws {
        let long = String(repeating: "é", count: 501)
        let cases: [(HTTPMethod, String, String, Int, [String])] = [
            (.POST, "", "{}", 422, ["body.topic_name"]),
            (.POST, "", #"{"topic_name":"___"}"#, 422, ["body.topic_name"]),
            (.POST, "", #"{"topic_name":"a/b"}"#, 422, ["body.topic_name"]),
            (.POST, "", #"{"topic_name":"été"}"#, 422, ["body.topic_name"]),
            (.POST, "", #"{"topic_name":5,"is_public":"maybe"}"#, 422, ["body.is_public", "body.topic_name"]),
            (.POST, "", #"{"topic_name":"a","topic_name":"b"}"#, 422, ["body.topic_name"]),
            (.POST, "", #"{"topic_name":"a","description":"\#(long)"}"#, 422, ["body.description"]),
            (.POST, "", "[]", 422, ["body"]),
            (.POST, "", "", 422, ["body.0"]),
            (.POST, "", #"{"topic_name":"a","durability":"fsync"}"#, 422, ["body.durability"]),
            (.POST, "", #"{"topic_name":"a","durability":1}"#, 422, ["body.durability"]),
            // Known, and not offered by the store.
            (.POST, "", #"{"topic_name":"a","durability":"synced"}"#, 422, ["body.durability"]),
            (.PUT, "/t", #"{"durability":"synced"}"#, 422, ["body.durability"]),
            (.PUT, "/t", #"{"durability":""}"#, 422, ["body.durability"]),
            (.PUT, "/t", #"{"is_public":[]}"#, 422, ["body.is_public"]),
            (.PUT, "/t", "{", 422, ["body.1"]),
            (.POST, "/t/permissions", #"{"user_id":1}"#, 422, ["body.user_id"]),
            (.POST, "/t/permissions", "{}", 400, []),
            (.POST, "/t/permissions", #"{"user_id":"x"}"#, 404, []),
            (.POST, "/t/permissions", #"{"username":"x"}"#, 404, []),
        ]
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t"])
            for (method, path, body, status, issues) in cases {
                let reply = try await relay.send(method, "/api/v1/topics\(path)", token: admin, body: body)
                #expect(reply.status == status, "\(path) \(body): \(reply)")
                #expect(reply.issues == issues, "\(path) \(body): \(reply)")
                switch status {
                case 400: #expect(reply.detail == "Either user_id or username must be provided")
                case 404: #expect(reply.detail == "User not found")
                default: break
                }
            }
        }
    }

    @Test("a grant is given once and taken once")
    func grantsTwice() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t"])
            let path = "/api/v1/topics/t/permissions"
            // The id wins over the name.
            let body = ["user_id": user.id, "username": "nobody"]
            #expect(try await relay.send(.POST, path, token: admin, json: body).status == 201)
            let again = try await relay.send(.POST, path, token: admin, json: body)
            #expect(again.status == 400)
            #expect(again.detail == "User already has access to this topic")
            #expect(try await relay.send(.DELETE, "\(path)/\(user.id)", token: admin).status == 204)
            let gone = try await relay.send(.DELETE, "\(path)/\(user.id)", token: admin)
            #expect(gone.status == 404)
            #expect(gone.detail == "User does not have access to this topic")
        }
    }

    @Test("history comes in pages, either way round, and its cursor leads from one to the next")
    func history() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            func publish(_ count: Int) async throws {
                for n in 0..<count {
                    let message: [String: Any] = ["topic": "t", "payload": ["n": n]]
                    _ = try await relay.send(.POST, "/api/v1/messages", token: admin, json: message)
                }
            }
            func page(_ query: String) async throws -> (numbers: [Int], reply: TestReply) {
                let reply = try await relay.send(.GET, "/api/v1/topics/t/messages?\(query)", token: admin)
                let messages = reply.object["messages"] as? [[String: Any]] ?? []
                return (messages.compactMap { ($0["payload"] as? [String: Int])?["n"] }, reply)
            }
            try await publish(15)
            let newest = try await page("")
            #expect(newest.numbers == Array((5...14).reversed()))
            #expect(newest.reply.object["total"] as? Int == 10)
            #expect(newest.reply.object["limit"] as? Int == 10)
            #expect(newest.reply.object["order"] as? String == "desc")
            #expect(newest.reply.object["cursor"] is NSNull)
            let cursor = try #require(newest.reply.object["next_cursor"] as? String)
            let rest = try await page("cursor=\(cursor)")
            #expect(rest.numbers == [4, 3, 2, 1, 0])
            #expect(rest.reply.object["cursor"] as? String == cursor)
            let last = try #require(rest.reply.object["next_cursor"] as? String)
            let end = try await page("cursor=\(last)")
            #expect(end.numbers.isEmpty)
            #expect(end.reply.object["next_cursor"] is NSNull)
            #expect(try await page("order=asc&limit=3").numbers == [0, 1, 2])
            #expect(try await page("order=asc&limit=2&cursor=\(last)").numbers == [1, 2])
            #expect(try await page("limit=1000").reply.object["limit"] as? Int == 100)
            let message = (newest.reply.object["messages"] as? [[String: Any]])?.first
            #expect(Set(message?.keys.map { $0 } ?? []) == ["message_id", "topic", "payload", "timestamp", "metadata"])
        }
    }

    @Test("history queries that break rules are answered by the table")
    func badQueries() async throws {
        let cases: [(String, Int, String?)] = [
            ("order=up", 400, "Order must be 'asc' or 'desc'"), ("limit=0", 400, "Limit must be at least 1"),
            ("limit=-1", 400, "Limit must be at least 1"), ("limit=x", 422, nil), ("limit=1.5", 422, nil),
        ]
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t"])
            for (query, status, detail) in cases {
                let reply = try await relay.send(.GET, "/api/v1/topics/t/messages?\(query)", token: admin)
                #expect(reply.status == status, "\(query)")
                #expect(reply.detail == detail, "\(query)")
                if status == 422 { #expect(reply.issues == ["query.limit"]) }
            }
        }
    }

    @Test("waiting polls are counted by owner and topic, for others than administrators only their own")
    func pollStatistics() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("olga", by: admin)
            let user = try await relay.makeUser("uma", by: admin)
            let topic: [String: Any] = ["topic_name": "job_setup", "is_public": true]
            _ = try await relay.send(.POST, "/api/v1/topics", token: owner.token, json: topic)
            func statistics(_ token: String) async throws -> TestReply {
                try await relay.send(.GET, "/messages/poll/stats", token: token)
            }
            let empty = #"{"active_waiters":0,"subscribed_topics":0,"topic_subscriber_counts":{}}"#
            #expect(try await statistics(admin).text == empty)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for token in [owner.token, user.token] {
                    group.addTask {
                        let poll: [String: Any] = ["topics": ["job_setup", "not_yet"], "timeout": 30]
                        return try await relay.send(.POST, "/messages/poll", token: token, json: poll).status
                    }
                }
                var all = try await statistics(admin)
                while all.object["active_waiters"] as? Int != 2 { all = try await statistics(admin) }
                #expect(all.object["subscribed_topics"] as? Int == 3)
                let counts = ["\(owner.id)/job_setup": 2, "\(owner.id)/not_yet": 1, "\(user.id)/not_yet": 1]
                #expect(all.object["topic_subscriber_counts"] as? [String: Int] == counts)
                let own = try await statistics(user.token)
                #expect(own.object["active_waiters"] as? Int == 1)
                let ownCounts = ["\(owner.id)/job_setup": 1, "\(user.id)/not_yet": 1]
                #expect(own.object["topic_subscriber_counts"] as? [String: Int] == ownCounts)

                let message: [String: Any] = ["topic": "job_setup", "payload": [:]]
                _ = try await relay.send(.POST, "/api/v1/messages", token: owner.token, json: message)
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await statistics(admin).text == empty)
        }
    }
}
