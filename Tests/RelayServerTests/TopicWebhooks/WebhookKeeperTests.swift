import RelayAccess
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Who looks after webhooks", .timeLimit(.minutes(1)))
struct WebhookKeeperTests {
    @Test("looks at once when something has changed, and once a second however much does")
    func looks() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { _, parts in
            let keeper = parts.webhooks.edge.keeper
            let start = ContinuousClock.now
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await keeper.run() }
                for _ in 0..<60 {
                    keeper.changed()
                    try? await Task.sleep(for: .milliseconds(50))
                }
                tasks.cancelAll()
            }
            // Without webhooks each look is one read.
            let seconds = (ContinuousClock.now - start).components.seconds
            let looks = store.looks.filter { $0 == .webhookList }.count
            #expect((2...Int(seconds) + 2).contains(looks))
        }
    }

    @Test(
        "while nothing changes topics are compared with no webhooks; a topic that gets a reader is, with those that tell of it"
    )
    func idleness() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, parts in
            let token = try await relay.administratorToken
            let owner = try #require(try await store.user(named: TestRelay.administrator))
            for number in 0..<200 {
                let webhook = Self.webhook("w\(number)", of: owner.id, .topic("t\(number)"))
                #expect(try await store.insertWebhook(webhook, within: WebhookQuota(maxPerUser: 1_000)) == .stored)
            }
            try await relay.makeTopic("t7", token: token)
            let keeper = parts.webhooks.edge.keeper
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await keeper.run() }
                try? await Self.untilReads(store, more: Self.readsOfLook + 1)
                let before = keeper.readers.comparisons
                for _ in 0..<3 {
                    keeper.changed()
                    try? await Self.untilReads(store, more: Self.readsOfLook)
                }
                #expect(keeper.readers.comparisons == before)
                let poll = try? await relay.openPoll(["t7"], token: token)
                try? await relay.untilWaiters(1, token: token)
                for _ in 0..<3 {
                    keeper.changed()
                    try? await Self.untilReads(store, more: Self.readsOfLook)
                }
                #expect(keeper.readers.comparisons == before + 1)
                poll?.disconnect()
                tasks.cancelAll()
            }
        }
    }

    /// Of the list of 200 webhooks: two pages, and the end.
    private static let readsOfLook = 3

    /// Waits until the list of webhooks was read so often.
    private static func untilReads(_ store: WatchedStore, more: Int) async throws {
        let before = store.looks.filter { $0 == .webhookList }.count
        while store.looks.filter({ $0 == .webhookList }).count < before + more {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func webhook(_ id: String, of user: UserID, _ target: WebhookTarget) -> StoredWebhook {
        let definition = WebhookDefinition(
            target: target,
            events: [.occupied],
            url: "http://192.0.2.1/",
            label: nil,
            secret: "whsec_"
        )
        return StoredWebhook(id: id, user: user, definition: definition, createdAt: Timestamp(microseconds: 0))
    }
}
