import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let webhookCases: [ContractCase] = [
        ContractCase("a webhook comes back as it was stored") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                let full = StoredWebhook(
                    id: "full",
                    user: UserID("u"),
                    definition: WebhookDefinition(
                        target: .prefix("é/"),
                        events: [.message, .vacated],
                        url: "https://example.org/?a=%20\"",
                        label: "é\u{0}🐙",
                        secret: "whsec_AA=="
                    ),
                    createdAt: .at(0.000_001),
                    isPaused: true,
                    revision: 7,
                    health: .full
                )
                #expect(try await store.insertWebhook(full, within: WebhookQuota()) == .stored)
                #expect(try await store.insertWebhook(.of("plain"), within: WebhookQuota()) == .stored)
                #expect(try await store.webhook("full") == full)
                #expect(try await store.webhook("plain") == .of("plain"))
                #expect(try await store.webhook("x") == nil)
            }
        },
        ContractCase("a webhook is stored where its user and the quota have room") { under in
            try await under.withStore { store in
                let quota = WebhookQuota(maxPerUser: 2, maxInAll: 3)
                #expect(try await store.insertWebhook(.of("a"), within: quota) == .userMissing)
                for user in ["u", "v"] { _ = try await store.createUser(.of(user)) }
                #expect(try await store.insertWebhook(.of("a"), within: quota) == .stored)
                #expect(try await store.insertWebhook(.of("b"), within: quota) == .stored)
                #expect(try await store.insertWebhook(.of("c"), within: quota) == .fullOfUser)
                #expect(try await store.insertWebhook(.of("d", user: "v"), within: quota) == .stored)
                #expect(try await store.insertWebhook(.of("e", user: "v"), within: quota) == .fullInAll)
                #expect(try await store.webhook("c") == nil)
                #expect(try await store.removeWebhook("a"))
                #expect(try await store.removeWebhook("a") == false)
                #expect(try await store.insertWebhook(.of("c"), within: quota) == .stored)
            }
        },
        ContractCase("of many webhooks at once no more are stored than may be") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                let quota = WebhookQuota(maxPerUser: 5)
                let stored = try await withThrowingTaskGroup(of: WebhookInsertion.self) { group in
                    for index in 0..<24 {
                        group.addTask { try await store.insertWebhook(.of("w\(index)"), within: quota) }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 == .stored ? 1 : 0 }
                }
                #expect(stored == 5)
            }
        },
        ContractCase("webhooks are listed by id, of one user or of all, and go with their user") { under in
            try await under.withStore { store in
                for user in ["u", "v"] { _ = try await store.createUser(.of(user)) }
                for (id, user) in [("b", "u"), ("c", "v"), ("a", "u"), ("d", "u")] {
                    _ = try await store.insertWebhook(.of(id, user: user), within: WebhookQuota())
                }
                #expect(try await store.webhooks(of: nil, after: nil, limit: 9).map(\.id) == ["a", "b", "c", "d"])
                #expect(try await store.webhooks(of: UserID("u"), after: nil, limit: 2).map(\.id) == ["a", "b"])
                #expect(try await store.webhooks(of: UserID("u"), after: "b", limit: 2).map(\.id) == ["d"])
                #expect(try await store.webhooks(of: nil, after: "bb", limit: 1).map(\.id) == ["c"])
                #expect(try await store.webhooks(of: UserID("x"), after: nil, limit: 9).isEmpty)
                #expect(try await store.webhooks(of: nil, after: nil, limit: 0).isEmpty)
                _ = try await store.updateUser(UserID("u"), UserChanges(passwordHash: "new"))
                #expect(try await store.webhook("a") != nil)
                _ = try await store.deleteUser(UserID("u"))
                #expect(try await store.webhooks(of: nil, after: nil, limit: 9).map(\.id) == ["c"])
                #expect(try await store.webhook("a") == nil)
                #expect(try await store.webhooks(of: UserID("u"), after: nil, limit: 9).isEmpty)
            }
        },
        ContractCase("how a webhook goes is kept for its revision alone, and forgotten when it is revived") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                _ = try await store.insertWebhook(.of("a"), within: WebhookQuota())
                #expect(try await store.recordHealth(.plain, ofWebhook: "a", revision: 1))
                #expect(try await store.webhook("a")?.health == .plain)
                #expect(try await store.webhook("a")?.isPaused == false)
                #expect(try await store.recordHealth(.full, ofWebhook: "a", revision: 1))
                #expect(try await store.webhook("a")?.health == .full)
                // What the relay has paused is paused also for a relay that can't read why.
                #expect(try await store.webhook("a")?.isPaused == true)
                #expect(try await store.recordHealth(.full, ofWebhook: "x", revision: 1) == false)
                let paused = try await store.switchWebhook("a", .pause)
                #expect(paused?.isPaused == true && paused?.revision == 2 && paused?.health == .full)
                #expect(try await store.webhook("a") == paused)
                let revived = try await store.switchWebhook("a", .revive(generation: 9))
                #expect(revived?.isPaused == false && revived?.revision == 3 && revived?.health.death == nil)
                #expect(revived?.health.pauseReason == nil && revived?.health.generation == 9)
                #expect(revived?.health.failingSince == nil && revived?.health.last == WebhookHealth.full.last)
                #expect(try await store.recordHealth(.full, ofWebhook: "a", revision: 2) == false)
                #expect(try await store.webhook("a") == revived)
                #expect(try await store.switchWebhook("x", .pause) == nil)
                #expect(try await store.webhook("x") == nil)
            }
        },
        ContractCase("who has a webhook's lease keeps it, and gives it back") { under in
            try await under.withStore { store in
                #expect(try await store.leaseWebhooks(["a", "b"], to: "one", seconds: 60) == ["a", "b"])
                #expect(try await store.leaseWebhooks(["b", "a"], to: "one", seconds: 60) == ["a", "b"])
                try await store.releaseWebhooks(["a"], of: "other")
                try await store.releaseWebhooks(["a"], of: "one")
                #expect(try await store.leaseWebhooks(["a"], to: "other", seconds: 60) == ["a"])
                #expect(try await store.leaseWebhooks([], to: "one", seconds: 60).isEmpty)
                try await store.tellReaders(["a", "b"], ofWebhook: "a", on: "one", seconds: 60)
                #expect(try await store.topicsWithReaders(ofWebhook: "b").isEmpty)
            }
        },
    ]
}

extension StoredWebhook {
    static func of(_ id: String, user: String = "u") -> StoredWebhook {
        StoredWebhook(
            id: id,
            user: UserID(user),
            definition: WebhookDefinition(
                target: .topic("t"),
                events: [.message],
                url: "http://example.org/",
                label: nil,
                secret: "whsec_"
            ),
            createdAt: .at(1)
        )
    }
}

extension WebhookHealth {
    fileprivate static var plain: WebhookHealth {
        var health = WebhookHealth()
        health.lag = 3
        return health
    }

    fileprivate static var full: WebhookHealth {
        var health = WebhookHealth()
        health.failingSince = .at(2)
        health.death = Death(at: .at(3), reason: "no \"answer\"")
        (health.pauseReason, health.generation) = ("é", 7)
        health.last = Outcome(at: .at(4), text: "é", isSuccess: false)
        (health.lag, health.topicsLeftOut, health.occupied) = (5, 6, ["a", "é/"])
        return health
    }
}
