import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Webhooks of several relays", .timeLimit(.minutes(3)))
struct WebhookClusterTests {
    private static let settings: @Sendable (inout RelayConfiguration, Int) -> Void = { configuration, _ in
        configuration.webhooks.timeout = .seconds(1)
        configuration.webhooks.allowsPrivate = true
    }

    @Test("one relay delivers what both have taken, in order; another takes over when it stops, and nothing is lost")
    func takeover() async throws {
        try await withReceiver { receiver in
            try await withTwoRelays(Self.settings) { first, second in
                let token = try await first.administratorToken
                _ = try await first.makeWebhook(["url": receiver.url(), "topic": "a"], token: token)
                for number in 0..<40 {
                    try await (number % 2 == 0 ? first : second).publish("a", token: token, ["n": number])
                }
                try await receiver.until { Set($0.numbers(in: "a")).count == 40 }
                #expect(receiver.numbers(in: "a") == Array(0..<40))
                // Whichever of the two delivers: the other goes on.
                await first.shutDown()
                for number in 40..<60 { try await second.publish("a", token: token, ["n": number]) }
                try await receiver.until { Set($0.numbers(in: "a")).count == 60 }
                let numbers = receiver.numbers(in: "a")
                #expect(Set(numbers) == Set(0..<60))
                // What was posted and not acknowledged may come again, with all that came after it in order.
                var last = -1
                for number in numbers where number > last {
                    #expect(number == last + 1)
                    last = number
                }
            }
        }
    }

    @Test("a topic is occupied while somebody reads it on any relay, and vacated after that")
    func readers() async throws {
        try await withReceiver { receiver in
            try await withTwoRelays(Self.settings) { first, second in
                let token = try await first.administratorToken
                try await first.makeTopic("a", token: token)
                try await first.makeTopic("b", token: token)
                _ = try await first.makeWebhook(
                    ["url": receiver.url(), "topic": "a", "events": ["occupied", "vacated"]],
                    token: token
                )
                // One on each: whichever delivers knows of one only by the other's word.
                let one = try await first.openPoll(["a"], token: token)
                let two = try await second.openPoll(["a"], token: token)
                _ = try await second.openPoll(["b"], token: token)
                try await receiver.until { $0.deliveries.count == 1 }
                one.disconnect()
                try await Task.sleep(for: .seconds(1))
                two.disconnect()
                try await receiver.until { $0.deliveries.count == 2 }
                let events = receiver.deliveries.flatMap(\.events)
                #expect(events.compactMap { $0["event"] as? String } == ["occupied", "vacated"])
                let topics = events.compactMap { ($0["data"] as? [String: Any])?["topic"] as? String }
                #expect(topics == ["a", "a"])
            }
        }
    }
}
