import NIOCore
import RelayWire
import Synchronization
import Testing

@testable import RelayClient

@Suite("Subscriptions of named readers", .timeLimit(.minutes(1)))
struct NamedSubscriptionTests {
    private func message(_ topic: String, _ id: String) -> RelayMessage {
        RelayMessage(topic: topic, messageID: id, payload: .object(JSONObject()), timestamp: "2026-11-21T13:19:10Z")
    }

    @Test("a message is done once the consumer asks for more, and of each topic the newest is said")
    func consumed() {
        var consumed = ConsumedMessages()
        consumed.finishGiven()
        #expect(!consumed.hasDone)
        consumed.give(self.message("a", "1-0"))
        #expect(!consumed.hasDone)
        for (topic, id) in [("b", "1-0"), ("a", "2-0")] {
            consumed.finishGiven()
            consumed.give(self.message(topic, id))
        }
        consumed.finishGiven()
        consumed.finishGiven()
        #expect(consumed.hasDone && !consumed.isMuch)
        let frames = consumed.takeFrames().map(\.text)
        #expect(
            frames == [
                #"{"type":"ack","topic":"a","message_id":"2-0"}"#, #"{"type":"ack","topic":"b","message_id":"1-0"}"#,
            ]
        )
        #expect(!consumed.hasDone && consumed.takeFrames().isEmpty)
        for number in 0..<ConsumedMessages.mostWaiting {
            consumed.give(self.message("a", "3-\(number)"))
            consumed.finishGiven()
        }
        #expect(consumed.isMuch)
    }

    @Test(
        "the name is sent with the subscription, and what the consumer has done is acknowledged over a reconnection too"
    )
    func acknowledges() async throws {
        let acks = Mutex<[String]>([])
        let names = Mutex<[String?]>([])
        let relay = FakeRelay(answer: { _ in .detail(404, "Not Found") }) { connection, socket in
            let subscribe = try await socket.receiveJSON()
            names.withLock { $0.append(try? subscribe.string("reader")) }
            try await socket.sendSubscribed(["t": "0-0"])
            if connection == 1 {
                for number in 1...3 { try await socket.sendMessage("t", "0-\(number)") }
                while acks.withLock({ $0.last }) != "0-3" {
                    let ack = try await socket.receiveJSON()
                    let id = try ack.string("message_id")
                    acks.withLock { $0.append(id) }
                }
                try await socket.sendClose(1001)
            } else {
                try await socket.sendMessage("t", "0-4")
                while try await socket.receive() != nil {}
            }
        }
        try await relay.run { endpoint in
            var configuration = RelayClientConfiguration()
            configuration.clock = RecordingClock()
            let client = RelayClient(
                endpoint: endpoint,
                credentials: .tokens(Tokens(accessToken: "good", expiresAt: Timestamp(microseconds: .max))),
                configuration: configuration
            )
            var options = SubscriptionOptions(topics: ["t"])
            options.reader = "desk"
            for try await event in try client.subscribe(options) {
                if case .message(let message) = event, message.messageID == "0-4" { break }
            }
        }
        #expect(acks.withLock { $0 }.last == "0-3")
        #expect(names.withLock { $0 }.allSatisfy { $0 == "desk" })
    }

    @Test("a name that no reader can have is refused before anything is sent", arguments: ["", "a b", "é"])
    func badName(name: String) {
        var options = SubscriptionOptions(topics: ["t"])
        options.reader = name
        #expect(throws: RelayError.self) { try options.check() }
    }
}
