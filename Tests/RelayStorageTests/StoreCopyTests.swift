import Dispatch
import NIOCore
import RelayAccess
import RelayCore
import RelayStorage
import RelayWire
import StoreContract
import Synchronization
import Testing

@Suite("Copying a store", .timeLimit(.minutes(2)))
struct StoreCopyTests {
    private static let now = Timestamp.at(1)
    private static let pairs: [(StoreUnderTest, StoreUnderTest)] = [
        (.sqlite, .valkey), (.valkey, .sqlite), (.sqlite, .valkeyCluster), (.valkeyCluster, .memory),
        (.sqlite, .sqlite),
    ]

    /// What a relay may have: users with tokens, topics of two kinds, grants, readers, messages of all forms, a snapshot, a topic that is gone.
    private func fill(_ store: any FullStore) async throws {
        try await self.fillRecords(store)
        for name in ["ann", "bob"] {
            var user = User(
                id: UserID(name),
                username: "name \(name)",
                createdAt: .at(0),
                email: name == "ann" ? "ann@example.org" : nil,
                isActive: name == "ann",
                permissions: [.read, .write],
                passwordHash: "hash"
            )
            user.passwordGeneration = 3
            #expect(try await store.createUser(user))
            for number in 0..<3 {
                let token = RefreshToken(
                    jti: "\(name)-\(number)",
                    user: user.id,
                    chain: "chain-\(name)",
                    secretHash: [1, 2, UInt8(number)],
                    issuedAt: .at(0),
                    expiresAt: .at(1_000),
                    clientHint: "test",
                    rotatedAt: number == 0 ? .at(1) : nil,
                    successor: number == 0 ? "\(name)-1" : nil
                )
                #expect(try await store.insertRefreshToken(token, generation: 3))
            }
        }
        try await store.denyToken("denied", of: UserID("ann"), until: .at(900))
        let token = ServiceToken(
            id: "service",
            user: UserID("ann"),
            label: "board",
            scope: TokenScope(
                reach: Reach(topics: [TopicName(path: "a")], prefixes: []),
                permissions: [.read],
                peer: nil
            ),
            createdAt: .at(0),
            expiresAt: .at(500)
        )
        #expect(try await store.insertServiceToken(token, generation: 3, most: 9) == .stored)
        #expect(try await store.insertWebhook(Self.webhook, within: WebhookQuota()) == .stored)
        #expect(try await store.switchWebhook("hook", .pause)?.revision == 2)
        try await self.fillTopics(store)
    }

    private static func copy(
        _ source: any FullStore,
        _ target: any FullStore,
        _ progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }
    ) -> StoreCopy {
        StoreCopy(from: source, to: target, at: Self.now, clock: { Self.now }, progress: progress)
    }

    private static let webhook = StoredWebhook(
        id: "hook",
        user: UserID("ann"),
        definition: WebhookDefinition(
            target: .prefix("a"),
            events: [.message],
            url: "http://example.org/",
            label: nil,
            secret: "whsec_"
        ),
        createdAt: .at(1)
    )

    private func fillRecords(_ store: any FullStore) async throws {
        for number in 0..<3 {
            let record = AuditRecord(
                id: "000000000000000\(number)",
                at: .at(Int64(number)),
                node: "n",
                action: "user.create",
                outcome: .ok
            )
            try await store.addAuditRecords([record], keeping: 100)
        }
        let device = PendingRecord(kind: .device, id: "device", alias: "CODE", value: [0, 1], expiresAt: .at(600))
        #expect(try await store.insertPending(device, at: .at(0), limit: 9) == .stored)
    }

    private func fillTopics(_ store: any FullStore) async throws {
        for name in ["a", "b", "gone"] {
            #expect(try await store.createTopic(.plain(.named(name), owner: "ann")).isNew)
            for number in 0..<40 {
                var draft = Draft.bytes(100 * number, at: 0)
                if number % 3 == 0 { draft.ttl = 500 }
                if number % 5 == 0 { draft.sender = "peer" }
                try await store.put(.one(draft, to: .named(name), keep: 30))
            }
        }
        #expect(try await store.addGrant(Grant(user: UserID("bob"), grantedAt: .at(5)), to: .named("a")))
        #expect(try await store.deleteTopic(.named("gone")) != nil)
        let middle = try await store.messages(in: .named("b"))[10].id
        guard case .stored = try await store.putSnapshot(of: 50, at: middle, in: .named("b"), keeping: 1_000) else {
            return #expect(Bool(false), "the snapshot was not taken")
        }
        var record = TopicRecord.plain(.named("session/1"), owner: "bob")
        record.state = StoredState(bytes: ByteBuffer(string: "state"), revision: 17)
        _ = try await store.transition(TopicTransition(key: record.key, expected: nil, record: record))
        try await store.put(.one(.bytes(10), to: .named("session/1/document/notes")))
        let bounds = try await store.bounds(of: .named("a"))
        let reader = StoredReader(
            reader: NamedReader(topic: .named("a"), user: UserID("bob"), name: try #require(ReaderName("worker"))),
            position: ReaderPosition(epoch: bounds.epoch.id, id: bounds.last),
            createdAt: .at(1),
            usedAt: .at(2)
        )
        #expect(try await store.createReader(reader, within: ReaderQuota()) == .created)
    }

    private func check(_ store: any FullStore, against source: any FullStore) async throws {
        #expect(try await store.users(after: nil, limit: 99) == source.users(after: nil, limit: 99))
        for user in ["ann", "bob"] {
            let tokens = try await source.refreshTokens(of: UserID(user), after: nil, limit: 99)
            #expect(tokens.count == 3)
            #expect(try await store.refreshTokens(of: UserID(user), after: nil, limit: 99) == tokens)
        }
        #expect(try await store.isTokenDenied("denied", at: .at(10)))
        #expect(try await store.serviceToken("service") == source.serviceToken("service"))
        #expect(try await store.webhook("hook") == Self.webhook.switched(.pause))
        #expect(try await store.topics(after: nil, limit: 99) == source.topics(after: nil, limit: 99))
        #expect(try await store.topics(ofKind: "stream", after: nil, limit: 99).map(\.record.state?.revision) == [17])
        for name in ["a", "b", "gone", "session/1/document/notes"] {
            let (key, bounds) = (TopicKey.named(name), try await source.bounds(of: .named(name)))
            #expect(bounds.last != .zero)
            #expect(try await store.bounds(of: key) == bounds, "\(name)")
            let messages = try await source.messages(in: key, at: 1, includesSuperseded: true)
            #expect(try await store.messages(in: key, at: 1, includesSuperseded: true) == messages, "\(name)")
            #expect(try await store.messages(in: key, at: 1) == source.messages(in: key, at: 1), "\(name)")
        }
        let records = try await source.auditRecords(before: nil, limit: 9)
        #expect(records.count == 3)
        #expect(try await store.auditRecords(before: nil, limit: 9) == records)
        #expect(try await store.pending(.device, .alias("CODE"), at: .at(10))?.value == [0, 1])
        let readers = try await source.readers(of: .named("a"), ofUser: nil, after: nil, limit: 9)
        #expect(readers.count == 1)
        #expect(try await store.readers(of: .named("a"), ofUser: nil, after: nil, limit: 9) == readers)
    }

    @Test("the copy has all that the store had, and goes on where that was", arguments: Self.pairs)
    func whole(from: StoreUnderTest, to: StoreUnderTest) async throws {
        try await from.withStore { source in
            try await self.fill(source)
            try await to.withStore { target in
                let copied = try await Self.copy(source, target).run(from: "here")
                #expect(copied.users == 2 && copied.topics == 3 && copied.readers == 1 && copied.tokens == 7)
                #expect(copied.messages == copied.compared && copied.unreadable == 0)
                #expect(copied.auditRecords == 3 && copied.waiting == 1)
                try await self.check(target, against: source)
                #expect(try await target.unfinishedCopy(at: Self.now) == nil)
                let last = try await source.bounds(of: .named("a")).last
                let receipt = try await target.put(.one(.bytes(1), to: .named("a")))
                #expect(receipt.stored[0].id > last)
            }
        }
    }

    @Test("whenever it breaks off, doing it again ends with the same; nothing is there twice", arguments: 0..<10)
    func interrupted(round: Int) async throws {
        try await StoreUnderTest.sqlite.withStore { source in
            try await self.fill(source)
            try await StoreUnderTest.valkey.withStore { target in
                let box = Mutex<Task<CopyProgress, any Error>?>(nil)
                let steps = Mutex(0)
                let attempt = Task {
                    while box.withLock({ $0 == nil }) { await Task.yield() }
                    return try await Self.copy(source, target) { _ in
                        let step = steps.withLock { count in
                            count += 1
                            return count
                        }
                        if step == 1 + round { box.withLock { $0?.cancel() } }
                    }.run(from: "here")
                }
                box.withLock { $0 = attempt }
                await #expect(throws: CancellationError.self) { _ = try await attempt.value }
                #expect(try await target.unfinishedCopy(at: Self.now) == "here")
                await #expect(throws: CopyFailure.self) {
                    try await Self.copy(source, target).run(from: "elsewhere")
                }
                _ = try await Self.copy(source, target).run(from: "here")
                try await self.check(target, against: source)
            }
        }
    }

    @Test("a store that holds something else is not touched", arguments: [StoreUnderTest.memory, .sqlite, .valkey])
    func occupied(to: StoreUnderTest) async throws {
        try await StoreUnderTest.memory.withStore { source in
            try await self.fill(source)
            try await to.withStore { target in
                try await target.put(.one(.bytes(1), to: .named("mine")))
                await #expect(throws: CopyFailure.self) {
                    try await Self.copy(source, target).run(from: "here")
                }
                #expect(try await target.userCounts().total == 0)
                #expect(try await target.unfinishedCopy(at: Self.now) == nil)
            }
        }
    }

    @Test("what has changed since the copy broke off is told")
    func changed() async throws {
        try await StoreUnderTest.memory.withStore { source in
            try await self.fill(source)
            try await StoreUnderTest.memory.withStore { target in
                _ = try await Self.copy(source, target).run(from: "here")
                _ = try await target.deleteTopic(.named("a"))
                let copy = Self.copy(source, target)
                await #expect(throws: CopyFailure.self) { try await copy.run(from: "here") }
            }
        }
    }

    /// Messages that come to a stream while it is copied are none of the copy, and end it before it compares anything.
    @Test("a source that grows meanwhile is told of at once", arguments: [StoreUnderTest.memory, .sqlite])
    func grown(from: StoreUnderTest) async throws {
        try await from.withStore { source in
            let key = TopicKey.named("long")
            #expect(try await source.createTopic(.plain(key, owner: "ann")).isNew)
            for _ in 0..<15 {
                try await source.put(
                    AppendBatch(topic: key, drafts: (0..<100).map { _ in .bytes(1) }, retention: Retention())
                )
            }
            try await StoreUnderTest.memory.withStore { target in
                let hasGrown = Mutex(false)
                let steps = Mutex<[CopyProgress.Step]>([])
                let copy = Self.copy(source, target) { progress in
                    steps.withLock { $0.append(progress.step) }
                    let isTime =
                        progress.messages >= 1_000
                        && hasGrown.withLock { hasGrown in
                            defer { hasGrown = true }
                            return !hasGrown
                        }
                    guard isTime else { return }
                    // The first page is copied, and the second is not read yet.
                    let stored = DispatchSemaphore(value: 0)
                    source.append(.one(.bytes(1), to: key)) { _ in stored.signal() }
                    stored.wait()
                }
                let failure = await #expect(throws: CopyFailure.self) { try await copy.run(from: "here") }
                #expect(failure?.description.contains("long") == true)
                let (grew, seen) = (hasGrown.withLock { $0 }, steps.withLock { $0 })
                #expect(grew && !seen.contains(.comparing))
                let unfinished = try await target.unfinishedCopy(at: Self.now)
                #expect(unfinished == "here")
            }
        }
    }

    @Test(
        "relays that are at work on either store are noticed, and those that are gone don't count",
        arguments: [true, false]
    )
    func inUse(isSource: Bool) async throws {
        try await StoreUnderTest.valkey.withStore { used in
            try await StoreUnderTest.memory.withStore { other in
                let nodes = try #require(used as? any NodeStore)
                try await nodes.announceNode(NodeAnnouncement(id: "relay", saidAt: .at(1), facts: []))
                let now = Mutex(Timestamp.at(20))
                let copy = StoreCopy(
                    from: isSource ? used : other,
                    to: isSource ? other : used,
                    at: Self.now,
                    clock: { now.withLock { $0 } }
                )
                let failure = await #expect(throws: CopyFailure.self) { try await copy.run(from: "here") }
                #expect(failure?.description.contains(isSource ? "on the source" : "on the target") == true)
                #expect(try await (isSource ? other : used).unfinishedCopy(at: Self.now) == nil)
                now.withLock { $0 = .at(40) }
                _ = try await copy.run(from: "here")
            }
        }
    }

    @Test("a relay that comes meanwhile ends the copy, and the target is no relay's store")
    func inUseLater() async throws {
        try await StoreUnderTest.valkey.withStore { source in
            try await self.fill(source)
            let nodes = try #require(source as? any NodeStore)
            try await StoreUnderTest.memory.withStore { target in
                let hasCome = Mutex(false)
                let copy = Self.copy(source, target) { progress in
                    guard progress.step == .topics, hasCome.withLock({ !$0 }) else { return }
                    let said = DispatchSemaphore(value: 0)
                    Task {
                        try await nodes.announceNode(NodeAnnouncement(id: "late", saidAt: Self.now, facts: []))
                        said.signal()
                    }
                    if said.wait(timeout: .now() + 30) == .success { hasCome.withLock { $0 = true } }
                }
                let failure = await #expect(throws: CopyFailure.self) { try await copy.run(from: "here") }
                let came = hasCome.withLock { $0 }
                #expect(came && failure?.description.contains("on the source") == true)
                let unfinished = try await target.unfinishedCopy(at: Self.now)
                #expect(unfinished == "here")
            }
        }
    }
}
