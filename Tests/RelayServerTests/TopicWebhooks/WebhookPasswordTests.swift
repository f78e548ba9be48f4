import Foundation
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("A webhook stops with the password under which it was made", .timeLimit(.minutes(2)))
struct WebhookPasswordTests {
    private static let settings: @Sendable (inout RelayConfiguration) -> Void = {
        $0.webhooks.timeout = .seconds(1)
        $0.webhooks.allowsPrivate = true
    }
    private static let reason = "Its user has another password since: it goes on once it is revived"

    private static func isPaused(_ webhook: [String: Any]) -> Bool {
        webhook["state"] as? String == "paused" && webhook["paused_reason"] as? String == Self.reason
    }

    @Test(
        "a user's new password pauses it before it tells anything more, and it goes on where it stopped when it is revived"
    )
    func ownChange() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let admin = try await relay.administratorToken
                let alice = try await relay.makeUser("alice", by: admin)
                try await relay.makeTopic("a", isPublic: true, token: admin)
                let (id, _) = try await relay.makeWebhook(["url": receiver.url(), "topic": "a"], token: alice.token)
                try await relay.publish("a", token: admin, ["n": 0])
                try await receiver.until { $0.numbers(in: "a") == [0] }
                let changed = try await relay.send(
                    .POST,
                    "/auth/password",
                    token: alice.token,
                    json: ["old_password": TestRelay.password, "new_password": "another horse"]
                )
                let token = try #require(changed.object["access_token"] as? String)
                try await relay.publish("a", token: admin, ["n": 1])
                try await relay.until(webhook: id, token: token, Self.isPaused)
                #expect(receiver.numbers(in: "a") == [0])
                let revived = try await relay.send(.POST, "/api/v1/webhooks/\(id)/revive", token: token)
                #expect(revived.object["state"] as? String == "active" && revived.object["paused_reason"] is NSNull)
                try await receiver.until { $0.numbers(in: "a") == [0, 1] }
            }
        }
    }

    @Test("so does a password that an administrator sets, and an administrator may revive it")
    func reset() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let admin = try await relay.administratorToken
                let alice = try await relay.makeUser("alice", by: admin)
                // Of readers alone: nothing is looked for in a stream.
                let body: [String: Any] = ["url": receiver.url(), "topic": "a", "events": ["occupied"]]
                let (id, _) = try await relay.makeWebhook(body, token: alice.token)
                let changed = try await relay.send(
                    .PATCH,
                    "/auth/users/\(alice.id)",
                    token: admin,
                    json: ["password": "another horse"]
                )
                #expect(changed.status == 200, "\(changed)")
                try await relay.until(webhook: id, token: admin, Self.isPaused)
                let revived = try await relay.send(.POST, "/api/v1/webhooks/\(id)/revive", token: admin)
                #expect(revived.object["state"] as? String == "active")
                let token = try await relay.tokens(of: "alice", password: "another horse").access
                try await relay.makeTopic("a", token: token)
                let poll = try await relay.openPoll(["a"], token: token)
                try await receiver.until { $0.deliveries.count == 1 }
                poll.disconnect()
                #expect(try await relay.webhook(id, token: token)["state"] as? String == "active")
            }
        }
    }

    @Test("one that was paused when the password changed is not paused again once it is revived")
    func pausedMeanwhile() async throws {
        try await withReceiver { receiver in
            try await withRelay(Self.settings) { relay in
                let admin = try await relay.administratorToken
                let alice = try await relay.makeUser("alice", by: admin)
                try await relay.makeTopic("a", isPublic: true, token: admin)
                let (id, _) = try await relay.makeWebhook(["url": receiver.url(), "topic": "a"], token: alice.token)
                _ = try await relay.send(.POST, "/api/v1/webhooks/\(id)/pause", token: alice.token)
                let changed = try await relay.send(
                    .PATCH,
                    "/auth/users/\(alice.id)",
                    token: admin,
                    json: ["password": "another horse"]
                )
                #expect(changed.status == 200, "\(changed)")
                let token = try await relay.tokens(of: "alice", password: "another horse").access
                #expect(try await relay.webhook(id, token: token)["paused_reason"] is NSNull)
                _ = try await relay.send(.POST, "/api/v1/webhooks/\(id)/revive", token: token)
                try await relay.publish("a", token: admin, ["n": 0])
                try await receiver.until { $0.numbers(in: "a") == [0] }
            }
        }
    }

    @Test(
        "one of an older relay takes the password that its user has, and one that knows a newer one waits until the relay does"
    )
    func generations() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { _, parts in
            let user = User(
                id: UserID("u"),
                username: "alice",
                createdAt: Timestamp(microseconds: 0),
                email: nil,
                permissions: [.read],
                passwordHash: "old"
            )
            #expect(try await store.createUser(user))
            let services = parts.webhooks.edge.keeper.services
            let older = Self.webhook(of: user.id, generation: nil)
            let old = WebhookRun(older, services, leaseEnd: .distantFuture)
            // Nothing is delivered while the store does not have what it has taken.
            await #expect(throws: AccessError.self) { _ = try await old.owner() }
            #expect(try await store.insertWebhook(older, within: WebhookQuota()) == .stored)
            #expect(try await old.owner() != nil)
            #expect(try await store.webhook("w")?.health.generation == 0)
            #expect(old.state.withLock(\.health).generation == 0)
            // By another relay, which has not told yet.
            _ = try await store.updateUser(user.id, UserChanges(passwordHash: "new"))
            #expect(try await old.owner() != nil)
            let new = WebhookRun(Self.webhook(of: user.id, generation: 1), services, leaseEnd: .distantFuture)
            await #expect(throws: AccessError.self) { _ = try await new.owner() }
            #expect(try await new.owner() != nil)
            #expect(try await old.owner() == nil)
            #expect(old.state.withLock(\.end) == .paused(Self.reason))
        }
    }

    @Test("one of an older relay takes it also while its user is shut out, and pauses where it changes meanwhile")
    func inactive() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { _, parts in
            let user = User(
                id: UserID("u"),
                username: "alice",
                createdAt: Timestamp(microseconds: 0),
                email: nil,
                isActive: false,
                permissions: [.read],
                passwordHash: "old"
            )
            #expect(try await store.createUser(user))
            let webhook = Self.webhook(of: user.id, generation: nil)
            #expect(try await store.insertWebhook(webhook, within: WebhookQuota()) == .stored)
            let services = parts.webhooks.edge.keeper.services
            let run = WebhookRun(webhook, services, leaseEnd: .distantFuture)
            #expect(try await run.owner() == nil)
            #expect(try await store.webhook("w")?.health.generation == 0)
            _ = try await store.updateUser(user.id, UserChanges(isActive: true, passwordHash: "new"))
            await services.authenticator.invalidate(user: user.id)
            #expect(try await run.owner() == nil)
            #expect(run.state.withLock(\.end) == .paused(Self.reason))
            await run.recordHealth()
            #expect(try await store.webhook("w")?.isPaused == true)
        }
    }

    private static func webhook(of user: UserID, generation: Int64?) -> StoredWebhook {
        var health = WebhookHealth()
        health.generation = generation
        let definition = WebhookDefinition(
            target: .topic("a"),
            events: [.message],
            url: "http://192.0.2.1/",
            label: nil,
            secret: "whsec_"
        )
        let moment = Timestamp(microseconds: 0)
        return StoredWebhook(id: "w", user: user, definition: definition, createdAt: moment, health: health)
    }
}
