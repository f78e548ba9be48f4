import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("Binary payloads that clients publish in JSON", .timeLimit(.minutes(1)))
struct BinaryPublishTests {
    private static let topic = "document/notes"
    /// An update of Yjs by one client, who inserts a letter into the text `t`.
    private static func update(client: UInt8) -> String {
        Data([1, 1, client, 0, 4, 1, 1, 0x74, 1, 0x61, 0]).base64EncodedString()
    }

    private static func message(client: UInt8) -> [String: Any] {
        ["topic": Self.topic, "payload": Self.update(client: client), "encoding": "base64"]
    }

    @Test("each edge that publishes takes base64, and all that read show the same")
    func thereAndBack() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let first = try await relay.send(.POST, "/api/v1/messages", token: token, json: Self.message(client: 1))
            #expect(first.status == 201)
            let socket = try await TestWebSocket(relay, token: token)
            defer { socket.connection.disconnect() }
            _ = try await socket.subscribe([Self.topic])
            let stream = try await TestEventStream(relay, token: token, query: "topics=document%2Fnotes")
            defer { stream.connection.disconnect() }

            let bulk = ["messages": [Self.message(client: 2), Self.message(client: 3)]]
            let several = try await relay.send(.POST, "/api/v1/messages/bulk", token: token, json: bulk)
            #expect(several.status == 207 && (several.object["summary"] as? [String: Any])?["accepted"] as? Int == 2)
            try socket.send(json: Self.message(client: 4).merging(["type": "publish", "id": "q"]) { $1 })

            var frames: [[String: Any]] = []
            while frames.count < 4, let frame = await socket.next() { frames.append(frame.object) }
            #expect(frames.contains { $0["type"] as? String == "published" && $0["id"] as? String == "q" })
            Self.expect(frames.filter { $0["type"] as? String == "message" }, of: [2, 3, 4])
            var events: [[String: Any]] = []
            while events.count < 3, let event = await stream.next() {
                if event.name == "message" { events.append(event.object) }
            }
            Self.expect(events, of: [2, 3, 4])
            let poll = try await relay.poll([Self.topic], token: token, since: [Self.topic: "0"])
            Self.expect(poll.object["messages"] as? [[String: Any]] ?? [], of: [1, 2, 3, 4])
            let path = "/api/v1/topics/document%2Fnotes/messages?order=asc"
            let page = try await relay.send(.GET, path, token: token)
            Self.expect(page.object["messages"] as? [[String: Any]] ?? [], of: [1, 2, 3, 4])
        }
    }

    private static func expect(
        _ messages: [[String: Any]],
        of clients: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let payloads = clients.map { Self.update(client: $0) }
        #expect(messages.map { $0["payload"] as? String } == payloads, sourceLocation: sourceLocation)
        #expect(messages.allSatisfy { $0["encoding"] as? String == "base64" }, sourceLocation: sourceLocation)
    }

    @Test("no edge makes a document larger than it may be")
    func full() async throws {
        try await withRelay {
            $0.documents.maxBytes = 22
        } _: { relay in
            let token = try await relay.administratorToken
            func send(_ client: UInt8) async throws -> TestReply {
                try await relay.send(.POST, "/api/v1/messages", token: token, json: Self.message(client: client))
            }
            #expect(try await send(1).status == 201)
            #expect(try await send(2).status == 201)
            let one = try await send(3)
            #expect(one.status == 422 && one.detail?.hasPrefix("too_large") == true, "\(one)")
            let bulk = ["messages": [Self.message(client: 4), Self.message(client: 5)]]
            let several = try await relay.send(.POST, "/api/v1/messages/bulk", token: token, json: bulk)
            #expect((several.object["summary"] as? [String: Any])?["accepted"] as? Int ?? 0 == 0, "\(several)")
            let socket = try await TestWebSocket(relay, token: token)
            defer { socket.connection.disconnect() }
            _ = try await socket.subscribe([Self.topic])
            try socket.send(json: Self.message(client: 6).merging(["type": "publish", "id": "q"]) { $1 })
            let answer = try #require(await socket.next("error"))
            #expect(String(buffer: answer.payload).contains("too_large"))
            let page = try await relay.send(.GET, "/api/v1/topics/document%2Fnotes/messages", token: token)
            #expect((page.object["messages"] as? [[String: Any]])?.count == 2)
        }
    }

    @Test("a document refuses objects, and bytes that are no update, and is not made by them")
    func refused() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let object: [String: Any] = ["topic": Self.topic, "payload": [:]]
            let refused = try await relay.send(.POST, "/api/v1/messages", token: token, json: object)
            #expect(refused.status == 422)
            let detail = #"This topic takes binary payloads: in JSON, a base64 string beside "encoding": "base64""#
            #expect(refused.object["detail"] as? String == detail)
            let bytes: [String: Any] = ["topic": Self.topic, "payload": "////", "encoding": "base64"]
            #expect(try await relay.send(.POST, "/api/v1/messages", token: token, json: bytes).status == 422)
            let path = "/api/v1/topics/document%2Fnotes"
            #expect(try await relay.send(.GET, path, token: token).status == 404)
        }
    }

    @Test("what people without a token may do with a document is set, changed, shown and listed")
    func anonymous() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let (topics, path) = ("/api/v1/topics", "/api/v1/topics/document%2Fnotes")
            let body = ["topic_name": Self.topic, "anonymous": "read"]
            let made = try await relay.send(.POST, topics, token: token, json: body)
            #expect(made.status == 201 && made.object["anonymous"] as? String == "read")
            let kept = try await relay.send(.PUT, path, token: token, json: ["description": "d"])
            #expect(kept.object["anonymous"] as? String == "read")
            for value in ["write", "none", "read"] {
                let changed = try await relay.send(.PUT, path, token: token, json: ["anonymous": value])
                #expect(changed.status == 200 && changed.object["anonymous"] as? String == value)
                #expect(try await relay.send(.GET, path, token: token).text == changed.text)
                let listed = try await relay.send(.GET, topics, token: token).list
                #expect(listed.map { $0["anonymous"] as? String } == [value])
            }
        }
    }
}
