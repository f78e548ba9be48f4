import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Publishing to a running relay")
struct PublishLiveTests {
    private static func together(_ count: Int, _ body: @Sendable @escaping (Int) async throws -> TestReply) async throws
        -> [TestReply]
    {
        try await withThrowingTaskGroup(of: TestReply.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("first publishes to a new topic, all at once, all succeed", .timeLimit(.minutes(1)))
    func firstPublishes() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let replies = try await Self.together(24) { number in
                try await relay.send(
                    .POST,
                    "/api/v1/messages",
                    token: admin,
                    json: ["topic": "new", "payload": ["n": number]]
                )
            }
            #expect(replies.allSatisfy { $0.status == 201 })
            let ids = Set(replies.compactMap { $0.object["message_id"] as? String })
            #expect(ids.count == 24)
            let page = try await relay.poll(["new"], token: admin, since: ["new": "0"])
            #expect(Set(page.messageIDs) == ids)
            #expect(page.messageIDs.count == 24)
        }
    }

    @Test("posts with one key at the same time store one message and get one answer", .timeLimit(.minutes(1)))
    func sameKey() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for path in ["/api/v1/messages", "/api/v1/messages/bulk"] {
                let message = #"{"topic":"t","payload":{}}"#
                let body = path.hasSuffix("bulk") ? #"{"messages":[\#(message)]}"# : message
                let replies = try await Self.together(12) { _ in
                    try await relay.send(.POST, path, token: admin, headers: [("idempotency-key", "same")], body: body)
                }
                #expect(Set(replies.map(\.description)).count == 1, "\(path)")
                #expect(replies.allSatisfy { (200..<300).contains($0.status) }, "\(path)")
            }
            #expect(try await relay.poll(["t"], token: admin, since: ["t": "0"]).messageIDs.count == 2)
        }
    }

    /// Publishes with a key as these bytes.
    private static func publish(
        _ relay: TestRelay,
        _ key: [[UInt8]],
        _ token: String,
        to path: String = "/api/v1/messages"
    ) async throws -> TestReply {
        let message = #"{"topic":"t","payload":{}}"#
        let body = path.hasSuffix("bulk") ? #"{"messages":[\#(message)]}"# : message
        let connection = try await RawConnection.open(relay.port)
        var request = ByteBuffer(
            string: "POST \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
        )
        for key in key {
            request.writeString("Idempotency-Key: ")
            request.writeBytes(key)
            request.writeString("\r\n")
        }
        request.writeString("Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        connection.send(request)
        defer { connection.disconnect() }
        return try #require(await connection.reply())
    }

    @Test("keys that differ in bytes are never one: they are two, or refused", .timeLimit(.minutes(1)))
    func keysAreBytes() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for path in ["/api/v1/messages", "/api/v1/messages/bulk"] {
                for key in ["café", "cafe\u{301}"] {
                    let reply = try await Self.publish(relay, [Array(key.utf8)], admin, to: path)
                    #expect((200..<300).contains(reply.status), "\(reply)")
                }
                // In Latin-1.
                for letter in [0xE9, 0xE8] as [UInt8] {
                    let reply = try await Self.publish(relay, [Array("cl".utf8) + [letter, 45, 49]], admin, to: path)
                    #expect(reply.status == 422)
                    #expect(reply.issues == ["header.idempotency-key"])
                }
            }
            #expect(try await relay.poll(["t"], token: admin, since: ["t": "0"]).messageIDs.count == 4)
        }
    }

    @Test("a key has 255 bytes at most, and comes once", .timeLimit(.minutes(1)))
    func keyLimits() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            func key(_ count: Int) -> [UInt8] { Array(repeating: UInt8(ascii: "k"), count: count) }
            for path in ["/api/v1/messages", "/api/v1/messages/bulk"] {
                let longest = try await Self.publish(relay, [key(255)], admin, to: path)
                #expect((200..<300).contains(longest.status))
                for keys in [[key(256)], [key(16_000)], [key(1), key(1)], [Array("a\tb".utf8)]] {
                    let reply = try await Self.publish(relay, keys, admin, to: path)
                    #expect(reply.status == 422)
                    #expect(reply.issues == ["header.idempotency-key"])
                }
            }
        }
    }

    @Test("what some parser could not read is refused by every way in", .timeLimit(.minutes(1)))
    func poison() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let socket = try await TestWebSocket(relay, token: admin)
            _ = try await socket.subscribe(["other"])
            let digits = String(repeating: "1", count: 5000)
            let deep = String(repeating: "[", count: 130) + String(repeating: "]", count: 130)
            for value in [digits, "1e999", #""\ud800""#, deep] {
                let message = #"{"topic":"t","payload":{"n":\#(value)}}"#
                let single = try await relay.send(.POST, "/api/v1/messages", token: admin, body: message)
                #expect(single.status == 422 && single.issueTypes == ["json_invalid"], "\(single)")
                let bulk = #"{"messages":[\#(message)]}"#
                let reply = try await relay.send(.POST, "/api/v1/messages/bulk", token: admin, body: bulk)
                #expect(reply.status == 422 && reply.issueTypes == ["json_invalid"], "\(reply)")
                socket.send(text: #"{"type":"publish","id":1,"topic":"t","payload":{"n":\#(value)}}"#)
                #expect(await socket.next()?.type == "error")
            }
            let page = try await relay.send(.GET, "/api/v1/topics/t/messages", token: admin)
            #expect(page.status == 404)
        }
    }
}
