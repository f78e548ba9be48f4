import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// What the Python relay does wrong (part 14 of the wire contract), as far as REST routes are concerned.
@Suite("Known faults that must not come back")
struct KnownFaultTests {
    private static func publish(_ relay: TestRelay, _ token: String, _ topic: String) async throws -> TestReply {
        try await relay.send(.POST, "/api/v1/messages", token: token, json: ["topic": topic, "payload": [:]])
    }

    @Test("logout and a change of a topic are no internal errors")
    func logoutAndPut() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t"])
            let put = try await relay.send(.PUT, "/api/v1/topics/t", token: admin, json: ["is_public": true])
            #expect(put.status == 200)
            #expect(put.object["is_public"] as? Bool == true)
            let same = try await relay.send(.PUT, "/api/v1/topics/t", token: admin, body: #"{"is_public":null}"#)
            #expect(same.object["is_public"] as? Bool == true)
            #expect(try await relay.send(.POST, "/auth/logout", token: admin).status == 204)
        }
    }

    @Test("a cursor that is no id is never an error: it starts where the order starts")
    func malformedCursor() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let first = try await Self.publish(relay, admin, "t").object["message_id"] as? String
            let last = try await Self.publish(relay, admin, "t").object["message_id"] as? String
            for cursor in ["bogus", "msg_0123456789ab", "-", "99999999999999999999-0", "%00", "%FF", "1-2-3"] {
                for (order, id) in [("asc", first), ("desc", last)] {
                    let path = "/api/v1/topics/t/messages?order=\(order)&cursor=\(cursor)"
                    let reply = try await relay.send(.GET, path, token: admin)
                    #expect(reply.status == 200, "\(cursor)")
                    let messages = reply.object["messages"] as? [[String: Any]] ?? []
                    #expect(messages.first?["message_id"] as? String == id, "\(cursor) \(order)")
                    #expect(messages.count == 2, "\(cursor) \(order)")
                }
            }
        }
    }

    @Test("messages go with their topic, and a topic made anew does not reuse their ids")
    func deletionPurges() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let old = try #require(try await Self.publish(relay, admin, "t").object["message_id"] as? String)
            #expect(try await relay.send(.DELETE, "/api/v1/topics/t", token: admin).status == 204)
            #expect(try await relay.send(.GET, "/api/v1/topics/t/messages", token: admin).status == 404)
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t"])
            let page = try await relay.send(.GET, "/api/v1/topics/t/messages", token: admin)
            #expect((page.object["messages"] as? [Any])?.count == 0)
            let new = try #require(try await Self.publish(relay, admin, "t").object["message_id"] as? String)
            #expect(new.compare(old, options: .numeric) == .orderedDescending)
        }
    }

    @Test("of many who make one topic at the same time one does, and nobody gets an internal error")
    func concurrentCreation() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": "t"]).status
                    }
                    group.addTask { try await Self.publish(relay, admin, "auto").status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 11, 400: 9])
        }
    }

    @Test("the bound of bodies holds for chunked ones too")
    func chunkedBodies() async throws {
        try await withRelay {
            $0.server.maxBodyBytes = 1_024
        } _: { relay in
            let admin = try await relay.administratorToken
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(relay.port)/api/v1/topics")
            request.method = .POST
            request.headers.add(name: "authorization", value: "Bearer \(admin)")
            let chunks = (0..<8).map { _ in ByteBuffer(repeating: UInt8(ascii: " "), count: 256) }
            request.body = .stream(chunks.async, length: .unknown)
            let response = try await relay.http.execute(request, timeout: .seconds(20))
            #expect(response.status == .payloadTooLarge)
        }
    }

    @Test("an administrator's change of a user survives what the user does meanwhile")
    func staleUserRecord() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            #expect(try await Self.publish(relay, user.token, "before").status == 201)
            let change: [String: Any] = ["is_active": false, "permissions": [String]()]
            let patched = try await relay.send(.PATCH, "/auth/users/\(user.id)", token: admin, json: change)
            #expect(patched.status == 200)
            #expect(try await Self.publish(relay, user.token, "after").status == 403)
            let users = try await relay.send(.GET, "/auth/users", token: admin).list
            let shown = try #require(users.first { $0["username"] as? String == "uma" })
            #expect(shown["is_active"] as? Bool == false)
            #expect(shown["permissions"] as? [String] == [])
            #expect(shown["owned_topics"] as? [String] == ["before"])
        }
    }

    @Test(
        "a poll that goes on after access to one of its topics was lost is told nothing more of it",
        .timeLimit(.minutes(1))
    )
    func lostTopic() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let olga = try await relay.makeUser("olga", by: admin)
            let sam = try await relay.makeUser("sam", by: admin)
            let id = try await relay.publish("secret", token: olga.token)
            let permissions = "/api/v1/topics/secret/permissions"
            let granted = try await relay.send(.POST, permissions, token: olga.token, json: ["username": "sam"])
            try #require(granted.status == 201)
            let connection = try await RawConnection.open(relay.port)
            let body = #"{"topics":["secret","own"],"since":{"secret":"\#(id)"},"timeout":60}"#
            connection.request("POST", "/messages/poll", token: sam.token, body: body)
            try await relay.untilWaiters(1, token: sam.token)
            let before = try await relay.send(.GET, "/messages/poll/stats", token: sam.token)
            #expect(before.text.contains("\(olga.id)/secret"))

            #expect(try await relay.send(.DELETE, "\(permissions)/\(sam.id)", token: olga.token).status == 204)
            let after = try await relay.send(.GET, "/messages/poll/stats", token: sam.token)
            #expect(!after.text.contains(olga.id))
            #expect(after.text.contains("\(sam.id)/secret"))
            try await relay.publish("own", token: sam.token)
            let answer = try #require(await connection.reply())
            #expect(answer.messageIDs.count == 1)
            #expect(!answer.text.contains("secret"))
        }
    }

    @Test("who waited for a name before somebody else took it hears nothing of it")
    func earlySubscriber() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("olga", by: admin)
            let stranger = try await relay.makeUser("sam", by: admin)
            let poll = Task {
                let body: [String: Any] = ["topics": ["t"], "timeout": 5]
                return try await relay.send(.POST, "/messages/poll", token: stranger.token, json: body)
            }
            var waiting = 0
            while waiting == 0 {
                let reply = try await relay.send(.GET, "/messages/poll/stats", token: stranger.token)
                waiting = try #require(reply.object["active_waiters"] as? Int)
            }
            #expect(try await Self.publish(relay, owner.token, "t").status == 201)
            let answer = try await poll.value
            #expect(!answer.text.contains("message_id"))
        }
    }
}

extension Array where Element: Sendable {
    /// The elements one after the other, for a body of unknown length.
    fileprivate var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self { continuation.yield(element) }
            continuation.finish()
        }
    }
}
