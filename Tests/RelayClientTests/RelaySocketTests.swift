import Synchronization
import Testing

import struct RelayWire.Timestamp

@testable import RelayClient

@Suite("One WebSocket, as it is", .timeLimit(.minutes(1)))
struct RelaySocketTests {
    private static func client(_ endpoint: RelayEndpoint) -> RelayClient {
        let tokens = Tokens(accessToken: "good", expiresAt: Timestamp(microseconds: .max))
        return RelayClient(endpoint: endpoint, credentials: .tokens(tokens), configuration: RelayClientConfiguration())
    }

    private static func id(_ frame: ServerFrame) -> String? {
        if case .message(let message) = frame { message.messageID } else { nil }
    }

    @Test("A message that comes twice, or too late, is handed on as it comes, and the end is an error")
    func nothingHidden() async throws {
        let relay = FakeRelay(answer: { _ in .detail(404, "Not Found") }) { _, socket in
            _ = try await socket.receiveJSON()
            for id in ["1-2", "1-2", "1-1"] { try await socket.sendMessage("t", id) }
            try await socket.sendClose(1001, "later")
        }
        try await relay.run { endpoint in
            let socket = try await Self.client(endpoint).openSocket(SubscriptionOptions(topics: ["t"]))
            defer { socket.close() }
            for id in ["1-2", "1-2", "1-1"] { #expect(Self.id(try await socket.next()) == id) }
            let error = await #expect(throws: RelayError.self) { try await socket.next() }
            #expect(error?.closeCode == 1001)
            #expect(error?.code == .unavailable)
        }
    }

    @Test("A publish carries its id and key, and each answer says which publish it is for")
    func publish() async throws {
        let frames = Mutex<[String]>([])
        let relay = FakeRelay(answer: { _ in .detail(404, "Not Found") }) { _, socket in
            for _ in 0..<3 {
                let text = try await socket.receiveJSON().text
                frames.withLock { $0.append(text) }
            }
            try await socket.send([
                "type": "published", "id": "a", "message_id": "1-0", "topic": "t", "timestamp": "T",
            ])
            try await socket.send([
                "type": "error", "code": "PROCESSING_ERROR", "message": "no", "details": ["id": "b"],
            ])
            while try await socket.receive() != nil {}
        }
        try await relay.run { endpoint in
            let socket = try await Self.client(endpoint).openSocket(SubscriptionOptions(topics: ["t"]))
            defer { socket.close() }
            let message = OutgoingMessage(topic: "t", payload: ["n": 1])
            try await socket.publish(message, request: "a", idempotencyKey: "k")
            try await socket.publish(message, request: "b")
            guard case .published("a", let receipt) = try await socket.next() else {
                Issue.record("no 'published'")
                return
            }
            #expect(receipt.messageID == "1-0")
            #expect(try await socket.next() == .publishRefused(request: "b", message: "no"))
        }
        #expect(
            frames.withLock { $0 }.dropFirst() == [
                #"{"type":"publish","id":"a","topic":"t","payload":{"n":1},"idempotency_key":"k"}"#,
                #"{"type":"publish","id":"b","topic":"t","payload":{"n":1}}"#,
            ]
        )
    }

    @Test(
        "A refusal is an error with its status",
        arguments: [(403, .refused), (429, .refused), (503, .unavailable), (401, .authenticationRequired)]
            as [(Int, RelayError.Code)]
    )
    func refused(status: Int, code: RelayError.Code) async throws {
        let relay = FakeRelay(answer: { _ in .json(status, ["detail": "no"], headers: [("Retry-After", "3")]) })
        try await relay.run { endpoint in
            for isSocket in [true, false] {
                let error = await #expect(throws: RelayError.self) {
                    if isSocket {
                        _ = try await Self.client(endpoint).openSocket(SubscriptionOptions(topics: ["t"]))
                    } else {
                        _ = try await Self.client(endpoint).events(["t"])
                    }
                }
                #expect(error?.code == code)
                #expect(code == .authenticationRequired || error?.status == status)
                #expect(code == .authenticationRequired || error?.retryAfter == .seconds(3))
            }
        }
    }
}
