import NIOCore
import NIOPosix
import RelayAccess
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("Who is told which topics are read", .timeLimit(.minutes(2)))
struct ReaderLookoutTests {
    @Test("who has delivered until now tells the next one, which then takes no reader for gone")
    func handedOver() async throws {
        var configuration = RelayConfiguration.forTests
        let backend = try await TestBackend.joinShared(&configuration)
        let both = configuration
        do {
            try await Self.withStore(both) { own in
                try await Self.withStore(both) { others in
                    try await withRelay(over: others, both) { _, parts in
                        let next = parts.webhooks.edge.keeper
                        try await withRelay(over: own, both) { relay, parts in
                            try await Self.handOver(parts.webhooks.edge.keeper, to: next, relay)
                        }
                    }
                }
            }
            await backend.leave()
        } catch {
            await backend.leave()
            throw error
        }
    }

    private static func withStore(
        _ configuration: RelayConfiguration,
        _ body: (any RelayStore) async throws -> Void
    ) async throws {
        let store = try await configuration.openStore(on: MultiThreadedEventLoopGroup.singleton)
        do {
            try await body(store)
            await store.close()
        } catch {
            await store.close()
            throw error
        }
    }

    /// The relay has a reader, and hands a webhook over whose receiver knows of it.
    private static func handOver(_ first: WebhookKeeper, to next: WebhookKeeper, _ relay: TestRelay) async throws {
        let token = try await relay.administratorToken
        try await relay.makeTopic("a", token: token)
        let poll = try await relay.openPoll(["a"], token: token)
        try await relay.untilWaiters(1, token: token)
        let webhook = Self.webhook()
        let before = WebhookRun(webhook, first.services, leaseEnd: .distantFuture)
        await first.readers.look(for: [webhook], [webhook.id: before])
        #expect(before.knowsReaders)
        let after = WebhookRun(webhook, next.services, leaseEnd: .distantFuture)
        for _ in 0..<4 {
            await first.readers.look(for: [webhook], [:])
            await next.readers.look(for: [webhook], [webhook.id: after])
        }
        #expect(try await next.services.store.topicsWithReaders(ofWebhook: webhook.id) == ["a"])
        let key = try #require(next.services.broker.catalog.key(ofPath: "a", for: webhook.user))
        #expect(after.knowsReaders)
        #expect(after.state.withLock { $0.occupancy.news(of: key) } == nil)
        poll.disconnect()
    }

    private static func webhook() -> StoredWebhook {
        var health = WebhookHealth()
        health.occupied = ["a"]
        let definition = WebhookDefinition(
            target: .topic("a"),
            events: [.occupied, .vacated],
            url: "http://192.0.2.1/",
            label: nil,
            secret: "whsec_"
        )
        let moment = Timestamp(microseconds: 0)
        return StoredWebhook(id: "w", user: UserID("u"), definition: definition, createdAt: moment, health: health)
    }
}
