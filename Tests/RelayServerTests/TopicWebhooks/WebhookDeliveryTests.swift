import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Webhooks tell their receivers of messages", .timeLimit(.minutes(2)))
struct WebhookDeliveryTests {
    private static let settings: @Sendable (inout RelayConfiguration) -> Void = { configuration in
        configuration.webhooks.timeout = .seconds(1)
        configuration.webhooks.deadAfter = .seconds(10)
        configuration.webhooks.allowsPrivate = true
    }

    @Test("of all messages from when it was made, in their order, signed, as other readers get them")
    func order() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                try await relay.publish("news", token: token, ["n": -1])
                let (id, secret) = try await relay.makeWebhook(["url": receiver.url(), "topic": "news"], token: token)
                for number in 0..<250 { try await relay.publish("news", token: token, ["n": number]) }
                try await receiver.until { $0.numbers(in: "news").count == 250 }
                #expect(receiver.numbers(in: "news") == Array(0..<250))
                for delivery in receiver.deliveries {
                    #expect(delivery.isSigned(by: secret) && !delivery.isSigned(by: "whsec_AAAA"))
                    #expect(delivery.object["webhook_id"] as? String == id && delivery.events.count <= 100)
                }
                let event = try #require(receiver.deliveries.first?.events.first)
                let data = try #require(event["data"] as? [String: Any])
                #expect(event["event"] as? String == "message" && data["type"] as? String == "message")
                let history = try await relay.send(.GET, "/api/v1/topics/news/messages?limit=2&order=asc", token: token)
                #expect(history.messageIDs.contains(data["message_id"] as? String ?? "-"))
                try await relay.until(webhook: id, token: token) {
                    $0["lag"] as? Int == 0 && $0["last_outcome"] as? String == "HTTP status 204"
                }
            }
        }
    }

    @Test("with a prefix, of each topic in its own order, also of topics that come, and of no other")
    func prefix() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let admin = try await relay.administratorToken
                let alice = try await relay.makeUser("alice", by: admin)
                try await relay.publish("room-a", token: alice.token, ["n": -1])
                try await relay.publish("room-secret", token: admin, ["n": -1])
                _ = try await relay.makeWebhook(["url": receiver.url(), "prefix": "room-"], token: alice.token)
                try await Task.sleep(for: .milliseconds(20))
                for number in 0..<20 {
                    for topic in ["room-a", "room-b", "other"] {
                        try await relay.publish(topic, token: alice.token, ["n": number])
                    }
                    try await relay.publish("room-secret", token: admin, ["n": number])
                }
                try await receiver.until { $0.numbers(in: "room-a").count + $0.numbers(in: "room-b").count >= 40 }
                #expect(receiver.numbers(in: "room-a") == Array(0..<20))
                #expect(receiver.numbers(in: "room-b") == Array(0..<20))
                #expect(Set(receiver.deliveries.map(\.topic)) == ["room-a", "room-b"])
            }
        }
    }

    @Test("of channels by a prefix that says so, beside those that have a plain topic's name")
    func channels() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                _ = try await relay.makeWebhook(["url": receiver.url(), "prefix": "pulse/room"], token: token)
                try await Task.sleep(for: .milliseconds(20))
                for number in 0..<3 {
                    for topic in ["pulse/room_3aa", "pulse/hall_3aa", "pulse", "room"] {
                        try await relay.publish(topic, token: token, ["n": number])
                    }
                }
                try await receiver.until { $0.numbers(in: "pulse/room_3aa").count >= 3 }
                #expect(receiver.numbers(in: "pulse/room_3aa") == Array(0..<3))
                #expect(Set(receiver.deliveries.map(\.topic)) == ["pulse/room_3aa"])
            }
        }
    }

    @Test("what a receiver does not take it is told again, and what comes after it waits")
    func retries() async throws {
        try await withReceiver { receiver in
            receiver.behave { [receiver] _ in receiver.deliveries.count < 2 ? .answer(503) : .answer(200) }
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                let (id, _) = try await relay.makeWebhook(["url": receiver.url(), "topic": "a"], token: token)
                try await relay.publish("a", token: token, ["n": 0])
                try await relay.until(webhook: id, token: token) { $0["state"] as? String == "failing" }
                try await receiver.until { $0.deliveries.count >= 2 }
                try await relay.publish("a", token: token, ["n": 1])
                try await receiver.until { $0.numbers(in: "a").last == 1 }
                let numbers = receiver.numbers(in: "a")
                #expect(numbers.prefix(2) == [0, 0] && Array(numbers.drop { $0 == 0 }) == [1])
                let ids = receiver.deliveries.prefix(2).compactMap { $0.headers.first(name: "webhook-id") }
                #expect(ids.count == 2 && ids[0] == ids[1])
                try await relay.until(webhook: id, token: token) { $0["state"] as? String == "active" }
            }
        }
    }

    @Test("one that is gone, or fails for too long, is dead, says why, and goes on when it is revived")
    func death() async throws {
        try await withReceiver { receiver in
            receiver.behave { $0.path == "/gone" ? .answer(410) : .answer(500) }
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                let (gone, _) = try await relay.makeWebhook(["url": receiver.url("/gone"), "topic": "a"], token: token)
                let (failing, _) = try await relay.makeWebhook(["url": receiver.url(), "topic": "a"], token: token)
                try await relay.publish("a", token: token, ["n": 0])
                for id in [gone, failing] {
                    try await relay.until(webhook: id, token: token) { $0["state"] as? String == "dead" }
                }
                let reason = try await relay.webhook(failing, token: token)["dead_reason"] as? String
                #expect(reason?.contains("HTTP status 500") == true, "\(reason ?? "")")
                let other = try await relay.webhook(gone, token: token)["dead_reason"] as? String
                #expect(other == "The receiver is gone for good: HTTP status 410")
                receiver.behave { _ in .answer(200) }
                let count = receiver.deliveries.count
                try await relay.publish("a", token: token, ["n": 1])
                try await Task.sleep(for: .seconds(1))
                #expect(receiver.deliveries.count == count)
                let revived = try await relay.send(.POST, "/api/v1/webhooks/\(failing)/revive", token: token)
                #expect(revived.object["state"] as? String == "active")
                try await receiver.until { $0.deliveries.count > count }
                #expect(receiver.deliveries.last.map { $0.events.count } == 2)
            }
        }
    }

    @Test("a redirect is not followed, and neither silence nor an endless answer holds the relay")
    func manners() async throws {
        try await withReceiver { receiver in
            let target = receiver.url("/elsewhere")
            receiver.behave { delivery in
                switch delivery.path {
                case "/redirect": .answer(307, headers: [("location", target)])
                case "/silent": .silence
                case "/endless": .endless
                default: .answer(200)
                }
            }
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                var ids: [String: String] = [:]
                for path in ["/redirect", "/silent", "/endless"] {
                    ids[path] = try await relay.makeWebhook(["url": receiver.url(path), "topic": "a"], token: token).id
                }
                try await relay.publish("a", token: token, ["n": 0])
                try await relay.until(webhook: try #require(ids["/redirect"]), token: token) {
                    $0["last_outcome"] as? String == "HTTP status 307"
                }
                try await relay.until(webhook: try #require(ids["/silent"]), token: token) {
                    $0["last_outcome"] as? String == "no answer in time"
                }
                // What its status says counts.
                try await relay.until(webhook: try #require(ids["/endless"]), token: token) {
                    $0["last_outcome"] as? String == "HTTP status 200"
                }
                #expect(!receiver.deliveries.contains { $0.path == "/elsewhere" })
            }
        }
    }

    @Test(
        "a receiver at a private address is told nothing, whatever its name is",
        .timeLimit(.minutes(1))
    )
    func privateAddresses() async throws {
        try await withReceiver { receiver in
            try await withRelay {
                Self.settings(&$0)
                $0.webhooks.allowsPrivate = false
            } _: { relay in
                let token = try await relay.administratorToken
                for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
                    let url = "http://\(host):\(receiver.port)/"
                    let (id, _) = try await relay.makeWebhook(["url": url, "topic": "a"], token: token)
                    try await relay.publish("a", token: token, ["n": 0])
                    try await relay.until(webhook: id, token: token) {
                        let bare = host.trimmingCharacters(in: ["[", "]"])
                        return $0["last_outcome"] as? String == "\(bare) has no address that a webhook may be told at"
                    }
                }
                #expect(receiver.deliveries.isEmpty)
            }
        }
    }

    @Test("who may not read a topic any more is told nothing more of it")
    func access() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let admin = try await relay.administratorToken
                let bob = try await relay.makeUser("bob", by: admin)
                try await relay.makeTopic("a", isPublic: true, token: admin)
                _ = try await relay.makeWebhook(["url": receiver.url(), "topic": "a"], token: bob.token)
                try await relay.publish("a", token: admin, ["n": 0])
                try await receiver.until { $0.numbers(in: "a") == [0] }
                let closed = try await relay.send(.PUT, "/api/v1/topics/a", token: admin, json: ["is_public": false])
                #expect(closed.status == 200, "\(closed)")
                try await relay.publish("a", token: admin, ["n": 1])
                try await Task.sleep(for: .seconds(3))
                #expect(receiver.numbers(in: "a") == [0])
            }
        }
    }
}
