import Foundation
import NIOCore
import NIOHTTP1
import RelayCore
import RelayStorage
import RelayWire
import Testing

@testable import RelayServer

@Suite("Binary payloads on the edges that speak JSON", .timeLimit(.minutes(1)))
struct BinaryPayloadTests {
    private static let payloads: [[UInt8]] = [
        [], [0], [0xFB, 0xEF, 0xFF], Array(0...255), [0x0A, 0x22, 0x5C, 0xC2, 0x85],
    ]

    /// A store with a public topic `t` of these payloads, as a kind that takes bytes leaves it.
    private static func store(_ payloads: [[UInt8]] = Self.payloads) async throws -> MemoryStore {
        let store = MemoryStore()
        let key = TopicKey(name: try #require(TopicName("t")))
        let now = RelayClock.system.now()
        let record = TopicRecord(
            id: "id",
            key: key,
            kind: "stream",
            owner: UserID("nobody"),
            createdAt: now,
            isPublic: true,
            description: nil
        )
        let drafts = payloads.map { Draft(timestamp: now, payload: ByteBuffer(bytes: $0), format: .binary) }
        let batch = AppendBatch(topic: key, drafts: drafts, retention: Retention())
        _ = try await store.createTopic(record, within: .unlimited, appending: batch)
        return store
    }

    private static func expect(_ messages: [[String: Any]], sourceLocation: SourceLocation = #_sourceLocation) {
        let base64 = Self.payloads.map { Data($0).base64EncodedString() }
        #expect(messages.map { $0["payload"] as? String } == base64, sourceLocation: sourceLocation)
        #expect(messages.allSatisfy { $0["encoding"] as? String == "base64" }, sourceLocation: sourceLocation)
        #expect(messages.allSatisfy { $0["snapshot"] == nil }, sourceLocation: sourceLocation)
    }

    @Test("a poll, a page of history, a WebSocket and an event stream show base64")
    func shown() async throws {
        try await withRelay(over: Self.store()) { relay, _ in
            let token = try await relay.administratorToken
            let poll = try await relay.poll(["t"], token: token, since: ["t": "0"])
            Self.expect(poll.object["messages"] as? [[String: Any]] ?? [])
            #expect(poll.text.contains(#""payload":"AA==","encoding":"base64","timestamp":""#))
            let page = try await relay.send(.GET, "/api/v1/topics/t/messages?order=asc", token: token)
            Self.expect(page.object["messages"] as? [[String: Any]] ?? [])

            let socket = try await TestWebSocket(relay, token: token)
            defer { socket.connection.disconnect() }
            try socket.send(json: ["type": "subscribe", "topics": ["t"], "offset": "earliest"])
            var frames: [[String: Any]] = []
            for _ in Self.payloads { frames.append(try #require(await socket.next("message")).object) }
            Self.expect(frames)

            let stream = try await TestEventStream(relay, token: token, query: "topics=t&offset=earliest")
            defer { stream.connection.disconnect() }
            var events: [[String: Any]] = []
            while events.count < Self.payloads.count, let event = await stream.next() {
                if event.name == "message" { events.append(event.object) }
            }
            Self.expect(events)
        }
    }

    @Test("a poll's answer, and a page of history, end where their base64 is as large as they may be")
    func sizes() async throws {
        // In memory each is a third smaller.
        let payloads = [[UInt8]](repeating: [UInt8](repeating: 0xAB, count: 300_000), count: 40)
        try await withRelay(over: Self.store(payloads)) { relay, _ in
            let token = try await relay.administratorToken
            let poll = try await relay.poll(["t"], token: token, since: ["t": "0"])
            #expect(poll.messageIDs.count == 3 && poll.object["has_more"] as? Bool == true)
            let page = try await relay.send(.GET, "/api/v1/topics/t/messages?order=asc&limit=100", token: token)
            #expect(page.messageIDs.count == 21)
        }
    }

    private static var bytes: [String: Any] { ["topic": "t", "payload": "AQI=", "encoding": "base64"] }

    @Test("an ordinary topic takes bytes beside objects, on each edge that publishes")
    func taken() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let single = try await relay.send(.POST, "/api/v1/messages", token: token, json: Self.bytes)
            #expect(single.status == 201)
            try await relay.publish("t", token: token)
            let bulk: [String: Any] = ["messages": [["topic": "u", "payload": [:]], Self.bytes]]
            #expect(try await relay.send(.POST, "/api/v1/messages/bulk", token: token, json: bulk).status == 207)
            let socket = try await TestWebSocket(relay, token: token)
            defer { socket.connection.disconnect() }
            _ = try await socket.subscribe(["other"])
            try socket.send(json: Self.bytes.merging(["type": "publish", "id": "q"]) { $1 })
            #expect(await socket.next("published") != nil)
            let found = try await relay.send(.GET, "/api/v1/topics/t/messages?order=asc", token: token)
            let messages = found.object["messages"] as? [[String: Any]] ?? []
            #expect(messages.map { $0["encoding"] as? String } == ["base64", nil, "base64", "base64"])
        }
    }

    @Test("a topic that takes objects alone refuses bytes on each edge, and with them what else came")
    func refused() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let token = session.host
            let topic = session.topic("signal")
            let bytes = Self.bytes.merging(["topic": topic]) { $1 }
            let refusal = "This topic takes JSON objects"
            let single = try await relay.send(.POST, "/api/v1/messages", token: token, json: bytes)
            #expect(single.status == 422 && single.object["detail"] as? String == refusal, "\(single)")
            let object: [String: Any] = ["topic": topic, "payload": ["type": "candidate"]]
            let bulk = ["messages": [object, bytes]]
            let several = try await relay.send(.POST, "/api/v1/messages/bulk", token: token, json: bulk)
            #expect(several.status == 422 && several.object["detail"] as? String == refusal, "\(several)")
            let socket = try await TestWebSocket(relay, token: token)
            defer { socket.connection.disconnect() }
            _ = try await socket.subscribe([topic])
            try socket.send(json: bytes.merging(["type": "publish", "id": "q"]) { $1 })
            let error = try #require(await socket.next("error")).object
            #expect(error["code"] as? String == "PROCESSING_ERROR" && error["message"] as? String == refusal)
            #expect((error["details"] as? [String: Any])?["id"] as? String == "q")
            #expect(try await session.types("signal", token: token).isEmpty)
        }
    }

    @Test("what is no base64, and another encoding, is told with its field")
    func malformed() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for (change, field, text) in [
                ("payload", "payload", "valid base64"), ("encoding", "encoding", "Input should be 'base64'"),
            ] {
                var message = Self.bytes
                message[change] = "AQI"
                let single = try await relay.send(.POST, "/api/v1/messages", token: token, json: message)
                #expect(single.status == 422)
                #expect(single.text.contains(#""loc":["body","\#(field)"]"#) && single.text.contains(text))
                let bulk = ["messages": [message]]
                let several = try await relay.send(.POST, "/api/v1/messages/bulk", token: token, json: bulk)
                #expect(several.status == 422 && several.text.contains(#"["body","messages",0,"\#(field)"]"#))
                let socket = try await TestWebSocket(relay, token: token)
                _ = try await socket.subscribe(["other"])
                try socket.send(json: message.merging(["type": "publish", "id": "q"]) { $1 })
                let error = try #require(await socket.next()).object
                #expect(error["code"] as? String == "PROCESSING_ERROR")
                #expect((error["details"] as? [String: Any])?["field"] as? String == field)
                socket.connection.disconnect()
            }
        }
    }
}
