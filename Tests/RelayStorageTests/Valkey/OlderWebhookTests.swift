import RelayAccess
import RelayCore
import RelayValkey
import RelayWire
import Testing

@testable import RelayStorage

@Suite("Webhooks beside an older relay", .timeLimit(.minutes(1)))
struct OlderWebhookTests {
    @Test("keep their password, and stay paused, where it writes how they go without what it does not know")
    func health() async throws {
        try await ValkeyPlace.with { stores, probe in
            let store = stores[0]
            let user = User(
                id: UserID("u"),
                username: "u",
                createdAt: Timestamp(microseconds: 0),
                email: nil,
                permissions: [.read],
                passwordHash: nil
            )
            #expect(try await store.createUser(user))
            let definition = WebhookDefinition(
                target: .topic("t"),
                events: [.message],
                url: "http://192.0.2.1/",
                label: nil,
                secret: "whsec_"
            )
            var health = WebhookHealth()
            health.generation = 7
            let webhook = StoredWebhook(
                id: "w",
                user: user.id,
                definition: definition,
                createdAt: Timestamp(microseconds: 0),
                health: health
            )
            #expect(try await store.insertWebhook(webhook, within: WebhookQuota()) == .stored)
            let key = KeyLayout(prefix: probe.prefix).webhookPrefix + "w"
            try await probe.send("HSET", .init(key), "health", #"{"lag":3}"#)
            health.lag = 3
            #expect(try await store.webhook("w")?.health == health)
            health.pauseReason = "another password"
            #expect(try await store.recordHealth(health, ofWebhook: "w", revision: 1))
            try await probe.send("HSET", .init(key), "health", #"{"lag":3}"#)
            let paused = try #require(try await store.webhook("w"))
            #expect(!paused.isRunning && paused.health.generation == 7)
        }
    }
}
