import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

@Suite("Lists by pages")
struct ListPageTests {
    /// The names in all pages, and how many pages there were.
    private func names(
        _ path: String,
        _ field: String,
        limit: Int,
        _ relay: TestRelay,
        _ token: String
    ) async throws -> (names: [String], pages: Int) {
        var names: [String] = []
        var pages = 0
        var cursor = ""
        repeat {
            let reply = try await relay.send(.GET, "\(path)?limit=\(limit)&cursor=\(cursor)", token: token)
            try #require(reply.status == 200, "\(reply)")
            #expect(reply.list.count <= limit)
            names += reply.list.compactMap { $0[field] as? String }
            pages += 1
            cursor = reply.header("x-next-cursor") ?? ""
        } while !cursor.isEmpty
        return (names, pages)
    }

    @Test("topics, users and grants come in pages, each once and in order", arguments: ["global", "owner"])
    func pages(scope: String) async throws {
        try await withRelay {
            if scope == "owner" { $0.access.topicScope = .owner }
        } _: { relay in
            let admin = try await relay.administratorToken
            let topics = ["a", "b", "c", "d", "e"]
            for name in topics { try await relay.publish(name, token: admin) }
            let users = ["ada", "bob", "eve"]
            for name in users { _ = try await relay.makeUser(name, by: admin) }
            #expect(try await self.names("/api/v1/topics", "topic_name", limit: 2, relay, admin) == (topics, 3))
            #expect(try await self.names("/api/v1/topics", "topic_name", limit: 5, relay, admin) == (topics, 1))
            let all = ["admin"] + users
            #expect(try await self.names("/auth/users", "username", limit: 3, relay, admin) == (all, 2))
            guard scope == "global" else { return }
            let path = "/api/v1/topics/a/permissions"
            for name in users { _ = try await relay.send(.POST, path, token: admin, json: ["username": name]) }
            let granted = try await self.names(path, "username", limit: 2, relay, admin)
            #expect(granted.names.sorted() == users && granted.pages == 2)
        }
    }

    @Test("a client that asks for no pages gets a plain list, cut where it would be too large, and is told so")
    func plain() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for start in stride(from: 0, to: 1_100, by: 100) {
                let messages = (start..<(start + 100)).map {
                    ["topic": "t\($0)", "payload": ["n": $0]] as [String: Any]
                }
                let reply = try await relay.send(
                    .POST,
                    "/api/v1/messages/bulk",
                    token: admin,
                    json: ["messages": messages]
                )
                try #require(reply.status == 207)
            }
            let list = try await relay.send(.GET, "/api/v1/topics", token: admin)
            #expect(list.body.readableBytes < 300 << 10)
            #expect(list.list.count > 500)
            #expect(list.header("x-next-cursor") == list.list.last?["topic_name"] as? String)
            let me = try await relay.send(.GET, "/auth/me", token: admin)
            #expect((me.object["owned_topics"] as? [String])?.count == 1_000)
            #expect(me.object["owned_topics_truncated"] as? Bool == true)
        }
    }

    @Test(
        "what is no page of the list is refused",
        arguments: [
            "/api/v1/topics?limit=0", "/api/v1/topics?limit=x", "/api/v1/topics?cursor=%20", "/auth/users?cursor=x",
        ]
    )
    func refuses(path: String) async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            #expect(try await relay.send(.GET, path, token: token).status == 422)
        }
    }

    @Test("a page ends where it is too large")
    func size() {
        var page = ListPage(limit: 1_000)
        var count = 0
        while page.room > 0 {
            page.add(.text(String(repeating: "x", count: 10_000)))
            count += 1
        }
        #expect(count == 27)
        let reply = page.reply(next: "c")
        #expect(reply.body.readableBytes < 280_000)
        #expect(reply.headers.first(name: "x-next-cursor") == "c")
    }
}
