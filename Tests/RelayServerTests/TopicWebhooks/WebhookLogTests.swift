import NIOCore
import RelayAccess
import RelayWire
import Testing

@testable import RelayServer

@Suite("What the log has of webhooks")
struct WebhookLogTests {
    private static let failing = Self.health { $0.failingSince = Timestamp(microseconds: 1) }
    private static let well = Self.health { _ in }

    private static func health(_ change: (inout WebhookHealth) -> Void) -> WebhookHealth {
        var health = WebhookHealth()
        change(&health)
        return health
    }

    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + seconds) }

    @Test("one line when it begins to fail, and one when it goes on")
    func changes() {
        var said = WebhookRun.Said(isFailing: false)
        func news(_ health: WebhookHealth, _ seconds: Int64) -> WebhookRun.Said.News? {
            said.news(of: health, hasEnded: false, at: Self.at(seconds))
        }
        #expect(news(Self.well, 0) == nil)
        #expect(news(Self.failing, 1) == .fails)
        #expect(news(Self.failing, 90) == nil)
        #expect(news(Self.well, 91) == .goesOn)
        #expect(news(Self.well, 200) == nil)
    }

    @Test("what fails again and again is said once a minute, and in the end the log has how it is")
    func flapping() {
        var said = WebhookRun.Said(isFailing: false)
        let lines = (0..<600).compactMap { tick in
            said.news(of: tick.isMultiple(of: 2) ? Self.failing : Self.well, hasEnded: false, at: Self.at(Int64(tick)))
        }
        #expect((8...11).contains(lines.count))
        let last = said.news(of: Self.failing, hasEnded: false, at: Self.at(700)) ?? lines.last
        #expect(last == .fails)
    }

    @Test("what the run before has said of a failing one is not said again")
    func again() {
        var said = WebhookRun.Said(isFailing: true)
        let first = said.news(of: Self.failing, hasEnded: false, at: Self.at(0))
        let second = said.news(of: Self.well, hasEnded: false, at: Self.at(1))
        #expect(first == nil && second == .goesOn)
    }

    @Test("its end is always said, once, with the reason")
    func end() {
        var said = WebhookRun.Said(isFailing: false)
        let dead = Self.health {
            $0.failingSince = Timestamp(microseconds: 1)
            $0.death = WebhookHealth.Death(at: Timestamp(microseconds: 2), reason: "gone")
        }
        let lines = [
            said.news(of: Self.failing, hasEnded: false, at: Self.at(0)),
            said.news(of: dead, hasEnded: true, at: Self.at(1)),
            said.news(of: dead, hasEnded: false, at: Self.at(200)),
        ]
        #expect(lines == [.fails, .dead("gone"), nil])
    }

    @Test("A relay says it, and names the receiver's host alone", .timeLimit(.minutes(1)))
    func live() async throws {
        try await withReceiver { receiver in
            receiver.behave { _ in .answer(410) }
            var configuration = RelayConfiguration.forTests
            configuration.webhooks.allowsPrivate = true
            let url = receiver.url("/secret-path")
            try await withLoggedRelay(configuration) { relay, parts, lines in
                let keeper = Task { await parts.webhooks.edge.keeper.run() }
                let token = try await relay.administratorToken
                let (id, _) = try await relay.makeWebhook(["url": url, "topic": "a"], token: token)
                try await relay.publish("a", token: token, ["n": 0])
                try await relay.until(webhook: id, token: token) { $0["state"] as? String == "dead" }
                let said = lines.all.filter { $0.contains(id) && $0.contains("webhook") }
                #expect(said.contains { $0.contains("is given up") && $0.contains("410") }, "\(said)")
                #expect(!said.contains { $0.contains("secret-path") })
                keeper.cancel()
                await keeper.value
            }
        }
    }
}
