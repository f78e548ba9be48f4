import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

/// `/api/v1/admin/connections` of a running relay.
@Suite("Connections for administrators", .timeLimit(.minutes(2)))
struct ConnectionRouteTests {
    private static let path = "/api/v1/admin/connections"

    @Test("shows a WebSocket with its user, topics and address, and ends it with its code")
    func webSocket() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let socket = try await TestWebSocket(relay, token: alice.token)
            _ = try await relay.send(.POST, "/api/v1/topics", token: alice.token, json: ["topic_name": "news"])
            let answer = try await socket.subscribe(["news"])
            #expect(answer.type == "subscribed")
            let list = try await relay.send(.GET, "\(Self.path)?kind=ws", token: admin).list
            let entry = try #require(list.first)
            #expect(list.count == 1)
            #expect(entry["user_id"] as? String == alice.id && entry["username"] as? String == "alice")
            #expect(entry["topics"] as? Int == 1)
            #expect(entry["address"] as? String == "127.0.0.1")
            #expect(entry["encrypted"] as? Bool == false)
            let id = try #require(entry["id"] as? String)
            #expect(try await relay.send(.DELETE, "\(Self.path)/\(id)", token: admin).status == 204)
            #expect(await socket.next()?.closeCode == 1_008)
            socket.send(0x88, ByteBuffer())
            let rest = await socket.next()
            #expect(rest == nil)
            #expect(try await relay.send(.DELETE, "\(Self.path)/\(id)", token: admin).status == 404)
            #expect(try await relay.send(.GET, "\(Self.path)?kind=ws", token: admin).list.isEmpty)
        }
    }

    @Test("shows event streams, polls and plain connections by their kinds, and filters by user")
    func kinds() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            _ = try await relay.send(.POST, "/api/v1/topics", token: alice.token, json: ["topic_name": "news"])
            let stream = try await RawConnection.open(relay.port)
            stream.request("GET", "/sse?topics=news", token: alice.token)
            #expect(await stream.head()?.status == 200)
            let kinds = try await relay.send(.GET, "\(Self.path)?user_id=\(alice.id)", token: admin).list
                .compactMap { $0["kind"] as? String }
            #expect(kinds.contains("sse"))
            let own = try await relay.send(.GET, "\(Self.path)?kind=http", token: admin).list
            #expect(!own.isEmpty)
            #expect(own.allSatisfy { $0["queued_bytes"] is Int && $0["since"] is String })
        }
    }

    @Test("gives pages, each connection once")
    func pages() async throws {
        try await withRelay {
            $0.server.threads = 2
        } _: { relay in
            let admin = try await relay.administratorToken
            var sockets: [TestWebSocket] = []
            for _ in 0..<7 { sockets.append(try await TestWebSocket(relay, token: admin)) }
            var (ids, cursor): ([String], String?) = ([], nil)
            repeat {
                let query = "?kind=ws&limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")
                let reply = try await relay.send(.GET, Self.path + query, token: admin)
                #expect(reply.list.count <= 2)
                ids += reply.list.compactMap { $0["id"] as? String }
                cursor = reply.header("x-next-cursor")
            } while cursor != nil
            #expect(Set(ids).count == 7)
            #expect(ids.count == 7)
            withExtendedLifetime(sockets) {}
        }
    }

    @Test("refuses what is no kind, cursor or number", arguments: ["kind=x", "cursor=a.b", "limit=0", "limit=x"])
    func queries(query: String) async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            #expect(try await relay.send(.GET, "\(Self.path)?\(query)", token: admin).status == 422)
        }
    }

    @Test("ends nothing for ids that nobody has", arguments: ["x", "x.0.1", "..", "0.0", "a.9999.1", "a.-1.-1"])
    func unknownIDs(id: String) async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            #expect(try await relay.send(.DELETE, "\(Self.path)/\(id)", token: admin).status == 404)
        }
    }

    @Test("lists and ends the connections of another relay, which shows in the list of relays")
    func twoRelays() async throws {
        try await withNodes { first, second in
            let admin = try await first.administratorToken
            let socket = try await TestWebSocket(second, token: admin)
            var nodes: [[String: Any]] = []
            for _ in 0..<100 where nodes.count < 2 {
                nodes = try await first.send(.GET, "/api/v1/admin/nodes", token: admin).list
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(nodes.compactMap { $0["self"] as? Bool } == [true, false])
            #expect(nodes.compactMap { $0["status"] as? String } == ["healthy", "healthy"])
            #expect(nodes.compactMap { $0["reachable"] as? Bool } == [true, true])
            let other = try #require(nodes.last?["node"] as? String)
            let reply = try await first.send(.GET, "\(Self.path)?kind=ws", token: admin)
            #expect(reply.header("x-nodes-left-out") == nil)
            let entry = try #require(reply.list.first)
            #expect(entry["node"] as? String == other)
            let id = try #require(entry["id"] as? String)
            #expect(try await first.send(.DELETE, "\(Self.path)/\(id)", token: admin).status == 204)
            #expect(await socket.next()?.closeCode == 1_008)
            socket.send(0x88, ByteBuffer())
        }
    }
}
