import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("How a webhook looks for topics of its prefix")
struct TopicSearchTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private static let key = TopicKey(name: TopicName(path: "p-1"))

    @Test("turns of all webhooks are one after another, each followed by a rest of fifty times its length")
    func times() {
        var times = SearchTimes()
        let first = times.appoint(at: Self.start)
        let second = times.appoint(at: Self.start)
        #expect(first.beginning == Self.start && second.beginning == Self.start + .milliseconds(51))
        times.finished(after: .milliseconds(11), first)
        let third = times.appoint(at: Self.start)
        #expect(third.beginning == Self.start + .milliseconds(51 + 51 + 510))
        // What there was time for is past.
        let late = times.appoint(at: Self.start + .hours(1))
        #expect(late.beginning == Self.start + .hours(1))
    }

    @Test("a turn counts as fifty milliseconds at most, however long it waited")
    func longestTurn() {
        var times = SearchTimes()
        let first = times.appoint(at: Self.start)
        times.finished(after: .seconds(30), first)
        let next = times.appoint(at: Self.start)
        #expect(next.beginning == Self.start + .milliseconds(51 * 50))
    }

    @Test("turns of a store that is away for long put nobody off for longer than half a minute")
    func longestWait() {
        var times = SearchTimes()
        for _ in 0..<100 {
            let appointment = times.appoint(at: Self.start)
            times.finished(after: .seconds(5), appointment)
        }
        for _ in 0..<1_000 {
            let next = times.appoint(at: Self.start)
            #expect(next.beginning <= Self.start + .seconds(30))
        }
        // What they have put off is over half a minute after the last of them.
        let later = times.appoint(at: Self.start + .seconds(60))
        #expect(later.beginning == Self.start + .seconds(60))
    }

    @Test("turns that are shorter than was thought when they were appointed bring the next one nearer, and no more")
    func shortTurns() {
        var times = SearchTimes()
        let early = NIODeadline.uptimeNanoseconds(1)
        let appointments = (0..<100).map { _ in times.appoint(at: early) }
        for appointment in appointments { times.finished(after: .nanoseconds(0), appointment) }
        let next = times.appoint(at: early)
        #expect(next.beginning == early)
    }

    @Test("what is given back has put off nobody, whatever turns have taken meanwhile")
    func givenBack() {
        var times = SearchTimes()
        let first = times.appoint(at: Self.start)
        let unused = (0..<100).map { _ in times.appoint(at: Self.start) }
        times.finished(after: .milliseconds(50), first)
        for appointment in unused { times.giveBack(appointment) }
        let next = times.appoint(at: Self.start)
        #expect(next.beginning == Self.start + .milliseconds(51 * 50))
    }

    @Test("a webhook asks for a turn once, waits for it, and asks again two seconds after it")
    func turn() {
        var search = TopicSearch()
        let later = Self.appointment(Self.start + .seconds(3))
        let early = search.due(at: Self.start) { later }
        let waiting = search.due(at: later.beginning - .nanoseconds(1)) { Self.appointment(.distantFuture) }
        #expect(early == nil && waiting == nil && search.appointment == later)
        let due = search.due(at: later.beginning) { Self.appointment(.distantFuture) }
        #expect(due == later)
        search.finishedTurn(at: later.beginning)
        #expect(search.appointment == nil)
        let end = Self.appointment(later.beginning + .seconds(2))
        let resting = search.due(at: end.beginning - .nanoseconds(1)) { Self.appointment(.distantPast) }
        let again = search.due(at: end.beginning) { end }
        #expect(resting == nil && again == end)
    }

    private static func appointment(_ beginning: NIODeadline) -> SearchAppointment {
        SearchAppointment(beginning: beginning, charge: .milliseconds(51))
    }

    @Test("what there is no room for is counted over all pages, and not beyond a page of it")
    func leftOut() {
        var search = TopicSearch()
        let one = search.finishedPage(leftOut: 1, next: Self.key)
        #expect(one == nil && search.place == Self.key)
        let all = search.finishedPage(leftOut: 2, next: nil)
        #expect(all == 3 && search.place == nil)
        let none = search.finishedPage(leftOut: 0, next: nil)
        #expect(none == 0)
        let many = search.finishedPage(leftOut: TopicSearch.pageSize, next: Self.key)
        #expect(many == TopicSearch.pageSize && search.place == nil)
    }

    @Test("of others' topics it looks through some pages at a time, and goes on from there", .timeLimit(.minutes(1)))
    func turns() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { _, parts in
            let inTurn = TopicSearch.pageSize * TopicSearch.pagesPerTurn
            let user = Self.user()
            #expect(try await store.createUser(user))
            for number in 0..<inTurn { try await Self.make("p-\(10_000 + number)", of: UserID("other"), in: store) }
            try await Self.make("p-z", of: user.id, in: store)
            let services = parts.webhooks.edge.keeper.services
            let run = WebhookRun(Self.webhook(of: user.id), services, leaseEnd: .distantFuture)
            var search = TopicSearch()
            try await run.search(as: user.principal, &search)
            #expect(Self.pagesRead(store) == TopicSearch.pagesPerTurn)
            #expect(run.state.withLock(\.places).isEmpty)
            // It is not time yet.
            try await run.search(as: user.principal, &search)
            #expect(Self.pagesRead(store) == TopicSearch.pagesPerTurn)
            while run.state.withLock(\.places).isEmpty {
                try await run.search(as: user.principal, &search)
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(Self.pagesRead(store) == TopicSearch.pagesPerTurn + 1)
        }
    }

    @Test("a run that is stopped before its turn puts off nobody", .timeLimit(.minutes(1)))
    func stopped() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { _, parts in
            let services = parts.webhooks.edge.keeper.services
            let user = Self.user()
            #expect(try await store.createUser(user))
            let start = services.clock.uptime()
            var last = services.searches.appoint(at: start)
            while last.beginning < start + .seconds(20) { last = services.searches.appoint(at: start) }
            let run = WebhookRun(Self.webhook(of: user.id), services, leaseEnd: .distantFuture)
            let search = Task { await run.findTopics(TopicWatch { _ in }) }
            try await Task.sleep(for: .milliseconds(500))
            search.cancel()
            await search.value
            let next = services.searches.appoint(at: start)
            #expect(next.beginning == last.beginning + .milliseconds(51))
        }
    }

    @Test("a topic by its name is found at once, however many wait for their turn", .timeLimit(.minutes(1)))
    func named() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { _, parts in
            let services = parts.webhooks.edge.keeper.services
            let user = Self.user()
            #expect(try await store.createUser(user))
            try await Self.make("p-a", of: user.id, in: store)
            let now = services.clock.uptime()
            for _ in 0..<1_000 { _ = services.searches.appoint(at: now) }
            let webhook = Self.webhook(of: user.id, .topic("p-a"))
            let run = WebhookRun(webhook, services, leaseEnd: .distantFuture)
            var search = TopicSearch()
            try await run.search(as: user.principal, &search)
            #expect(run.state.withLock(\.places).count == 1)
        }
    }

    private static func pagesRead(_ store: WatchedStore) -> Int { store.looks.filter { $0 == .topicList }.count }

    private static func make(_ name: String, of owner: UserID, in store: WatchedStore) async throws {
        let record = TopicRecord(
            id: name,
            key: TopicKey(name: TopicName(path: name)),
            kind: "stream",
            owner: owner,
            createdAt: Timestamp(microseconds: 0),
            isPublic: false,
            description: nil
        )
        _ = try await store.createTopic(record, within: .unlimited)
    }

    private static func user() -> User {
        User(
            id: UserID("u"),
            username: "alice",
            createdAt: Timestamp(microseconds: 0),
            email: nil,
            permissions: [.read],
            passwordHash: nil
        )
    }

    private static func webhook(of user: UserID, _ target: WebhookTarget = .prefix("p-")) -> StoredWebhook {
        var health = WebhookHealth()
        health.generation = 0
        let definition = WebhookDefinition(
            target: target,
            events: [.message],
            url: "http://192.0.2.1/",
            label: nil,
            secret: "whsec_"
        )
        let moment = Timestamp(microseconds: 0)
        return StoredWebhook(id: "w", user: user, definition: definition, createdAt: moment, health: health)
    }
}
