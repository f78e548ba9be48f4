import NIOCore
import RelayCore
import RelayValkey
import RelayWire
import StoreContract
import Testing
import ValkeyFixture

@testable import RelayStorage

/// In a cluster a topic's record and the lists that have it lie apart.
@Suite("Lists of topics that have slots of their own", .timeLimit(.minutes(1)))
struct TopicSettlingTests {
    private static func room(_ owner: String = "o", revision: UInt64 = 1) -> TopicRecord {
        TopicRecord(
            id: "id",
            key: .named("room/1"),
            kind: "room",
            owner: UserID(owner),
            createdAt: .at(0),
            isPublic: false,
            description: nil,
            state: StoredState(bytes: ByteBuffer(string: "s"), revision: revision)
        )
    }

    private static func creation(_ record: TopicRecord) -> TopicTransition {
        TopicTransition(key: record.key, expected: nil, record: record)
    }

    @Test("what a relay marked that died before it changed anything, a sweep takes off the lists")
    func diedBefore() async throws {
        try await Self.withCluster { store in
            let layout = store.layout
            let listing = ListingArguments(
                .named("room/1"),
                ListedRecord(Self.room()),
                expected: "",
                .unlimited,
                layout
            )
            let reply = try await store.run(
                MarkTopicScript.script,
                keys: layout.listKeys + [layout.unsettled],
                listing.arguments + ["mark"]
            )
            #expect(reply.text == "marked")
            #expect(try await store.topicNames(ownedBy: UserID("o")) == ["room/1"])
            #expect(try await store.topics(ofKind: "room", after: nil, limit: 9).isEmpty)
            _ = try await store.sweep(at: .at(0), retention: Retention())
            #expect(try await store.topicNames(ownedBy: UserID("o")).isEmpty)
            #expect(try await store.topicCounts().total == 0)
            #expect(try await store.send("HLEN", layout.unsettled).integer == 0)
        }
    }

    @Test("what a relay changed that died before it told, a sweep lists and tells")
    func diedAfter() async throws {
        try await Self.withCluster { store in
            let (layout, record) = (store.layout, Self.room())
            guard case .changed(let topic, _) = try await store.transition(Self.creation(record)) else {
                Issue.record("not created")
                return
            }
            let log = EventLog<StoreChange>()
            store.observeChanges(log.add)
            for list in [layout.topics, layout.kindPrefix + "room"] { _ = try await store.send("ZREM", list, "room/1") }
            _ = try await store.send("HSET", layout.unsettled, "room/1", "mark room other")
            _ = try await store.sweep(at: .at(0), retention: Retention())
            #expect(try await store.topics(ofKind: "room", after: nil, limit: 9) == [topic])
            #expect(try await store.topics(after: nil, limit: 9) == [topic])
            await log.first { $0 == .topic(record.key) || $0 == .everything }
            // Whoever settled by a mark that is gone would say what it knew then.
            let listing = ListingArguments(record.key, nil, expected: "0", .unlimited, layout)
            let late = try await store.run(
                SettleTopicScript.script,
                keys: layout.listKeys + [layout.unsettled],
                listing.arguments + ["mark"]
            )
            #expect(late.integer == 0)
            #expect(try await store.topics(after: nil, limit: 9) == [topic])
        }
    }

    @Test("who loses a race for a key has it in none of its lists")
    func loser() async throws {
        try await Self.withCluster { store in
            _ = try await store.transition(Self.creation(Self.room("first")))
            guard case .conflict(let known?) = try await store.transition(Self.creation(Self.room("second"))) else {
                Issue.record("no conflict")
                return
            }
            #expect(known.record.owner == UserID("first"))
            #expect(try await store.topicNames(ownedBy: UserID("second")).isEmpty)
            #expect(try await store.topicNames(ownedBy: UserID("first")) == ["room/1"])
            #expect(try await store.topics(ofKind: "room", after: nil, limit: 9).count == 1)
            _ = try await store.transition(TopicTransition(key: .named("room/1"), expected: 1, record: nil))
            #expect(try await store.topicNames(ownedBy: UserID("first")).isEmpty)
            #expect(try await store.send("HLEN", store.layout.unsettled).integer == 0)
        }
    }

    @Test("each transition is told to every relay as a change of its topic")
    func told() async throws {
        try await ValkeyPlace.with(2) { stores, _ in try await Self.expectTold(stores) }
        try await Self.withCluster { try await Self.expectTold([$0]) }
    }

    private static func expectTold(_ stores: [ValkeyStore]) async throws {
        let log = EventLog<StoreChange>()
        stores[stores.count - 1].observeChanges(log.add)
        let (key, end) = (TopicKey.named("room/1"), StoreChange.topic(.named("end")))
        _ = try await stores[0].transition(Self.creation(Self.room()))
        _ = try await stores[0].transition(TopicTransition(key: key, expected: 1, record: Self.room(revision: 2)))
        _ = try await stores[0].transition(TopicTransition(key: key, expected: 2, record: nil))
        _ = try await stores[0].createTopic(.plain(.named("end")))
        let told = await log.first { $0 == end }
        #expect(told.filter { $0 == .topic(key) }.count == 3 || told.contains(.everything))
    }

    @Test(
        "names that are no paths have the keys that they always had; a path's lie in the slot of its first two segments"
    )
    func keys() {
        let layout = KeyLayout(prefix: "p:")
        for (key, base) in [
            (TopicKey.named("plain"), "p:{plain}:"),
            (TopicKey(name: TopicName(path: "t"), namespace: UserID("u")), "p:{@u/t}:"),
            (.named("room/1"), "p:{room/1}:"), (.named("room/1/a"), "p:{room/1}/a:"),
            (.named("room/1/a/b"), "p:{room/1}/a/b:"),
            (TopicKey(name: TopicName(path: "room/1/a"), namespace: UserID("u")), "p:{@u/room/1}/a:"),
        ] {
            #expect(layout.stream(key).all == ["stream", "state", "ttl", "news"].map { base + $0 })
            #expect(layout.topic(ofState: base + "state") == key)
            #expect(layout.topic(ofNews: base + "news") == key)
        }
        #expect(layout.record(.named("plain")) == "p:{!}:topic:plain")
        #expect(layout.record(.named("room/1")) == "p:{room/1}:topic")
        for nonsense in ["p:{", "p:}:state", "p:{a}:news", "q:{a}:state", "p:{a}b:state", "p:{a:state"] {
            #expect(layout.topic(ofState: nonsense) == nil)
        }
    }

    private static func withCluster(_ body: (ValkeyStore) async throws -> Void) async throws {
        let place = ClusterPlace(cluster: Shared.cluster)
        let store = try await place.open()
        do {
            try await body(store)
        } catch {
            await store.close()
            await place.remove()
            throw error
        }
        await store.close()
        await place.remove()
    }
}
