import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Webhooks of editing sessions", .timeLimit(.minutes(1)))
struct WebhookSessionTests {
    private static let settings: @Sendable (inout RelayConfiguration) -> Void = { $0.webhooks.allowsPrivate = true }

    /// What a receiver was told at a path: each event, and the type of what it is about.
    private static func told(_ receiver: HookReceiver, at path: String) -> [String] {
        receiver.deliveries.filter { $0.path == path }.flatMap(\.events).compactMap { event in
            let payload = (event["data"] as? [String: Any])?["payload"] as? [String: Any]
            guard let name = event["event"] as? String, let type = payload?["type"] as? String else { return nil }
            return "\(name) \(type)"
        }
    }

    @Test(
        "tell who joins and leaves, what else sessions say of themselves, and what peers say, each as an event of its own"
    )
    func events() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                for events in [
                    ["joined", "left", "session", "message"], ["joined"], ["left"], ["session"], ["message"],
                ] {
                    let url = receiver.url("/" + events.joined(separator: "-"))
                    let body: [String: Any] = ["url": url, "prefix": "session/", "events": events]
                    _ = try await relay.makeWebhook(body, token: token)
                }
                let session = try await TestSession(relay, account: token)
                let guest = try await session.guest("guest")
                let said = try await session.publish(["type": "chat", "text": "hello"], token: guest)
                #expect(said.status == 201, "\(said)")
                let left = try await relay.send(.POST, session.path + "/leave", token: guest, json: [:])
                #expect(left.status < 300, "\(left)")
                let all = "/joined-left-session-message"
                try await receiver.until { receiver in
                    Self.told(receiver, at: all).contains("left peer_left")
                        && ["/joined", "/left", "/session", "/message"].allSatisfy { path in
                            let wanted = Self.told(receiver, at: all).filter { $0.hasPrefix(path.dropFirst() + " ") }
                            return Self.told(receiver, at: path).count == wanted.count
                        }
                }
                let told = Self.told(receiver, at: all)
                #expect(told.first == "session session_created")
                let joined = ["joined peer_joined", "joined peer_joined"]
                #expect(told.filter { !$0.hasPrefix("session ") } == joined + ["message chat", "left peer_left"])
                for event in ["joined", "left", "session", "message"] {
                    #expect(Self.told(receiver, at: "/" + event) == told.filter { $0.hasPrefix(event + " ") })
                }
                #expect(receiver.deliveries.allSatisfy { $0.topic == session.topic() })
            }
        }
    }

    @Test("of one session tell of no other, and of nothing that is for one peer")
    func oneSession() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let token = try await relay.administratorToken
                let session = try await TestSession(relay, account: token)
                let body: [String: Any] = [
                    "url": receiver.url("/one"), "topic": session.topic(),
                    "events": ["joined", "left", "session", "message"],
                ]
                _ = try await relay.makeWebhook(body, token: token)
                _ = try await TestSession(relay, account: token).guest("other")
                let guest = try await session.guest("guest")
                let secret = ["type": "chat", "text": "for the host", "to_peer_id": "host"]
                let said = try await session.publish(secret, token: guest)
                #expect(said.status == 201, "\(said)")
                _ = try await relay.send(.POST, session.path + "/leave", token: guest, json: [:])
                try await receiver.until { Self.told($0, at: "/one").contains("left peer_left") }
                #expect(
                    Self.told(receiver, at: "/one").filter { !$0.hasPrefix("session ") } == [
                        "joined peer_joined", "left peer_left",
                    ]
                )
                #expect(Set(receiver.deliveries.map(\.topic)) == [session.topic()])
            }
        }
    }
}
