import RelayCore
import RelayWire
import StoreContract
import Testing

@testable import RelayStorage

/// A topic's record and its stream are changed in two steps: what others do in between must not be lost.
@Suite("Topics that are made and deleted while others publish", .timeLimit(.minutes(1)))
struct TopicRaceTests {
    private let key = TopicKey.named("t")

    private func put(_ seconds: Int64, in store: ValkeyStore) async throws -> MessageID {
        try await store.put(.one(.bytes(1, at: seconds), to: self.key)).stored[0].id
    }

    private func ids(_ store: ValkeyStore) async throws -> [MessageID] {
        try await store.messages(in: self.key).map(\.id)
    }

    @Test("a deletion that comes late leaves the topic that was made anew meanwhile")
    func lateDeletion() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            _ = try await stores[0].createTopic(.plain(self.key))
            _ = try await self.put(0, in: stores[0])
            let seen = try await stores[0].bounds(of: self.key)
            // The record goes, and before the stream is emptied another relay makes the topic anew and publishes.
            _ = try await stores[1].deleteTopic(self.key)
            #expect(try await stores[1].createTopic(.plain(self.key)).isNew)
            let new = try await self.put(1, in: stores[1])
            let bounds = try await stores[0].purge(self.key, seen: seen, withNewer: true)
            #expect(bounds.count == 1)
            #expect(try await self.ids(stores[1]) == [new])
        }
    }

    @Test("a creation takes what was there before, and not what came since")
    func lateCreation() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            _ = try await self.put(0, in: stores[0])
            let seen = try await stores[0].bounds(of: self.key)
            let new = try await self.put(1, in: stores[1])
            let bounds = try await stores[0].purge(self.key, seen: seen, withNewer: false)
            #expect(bounds.count == 1 && bounds.trimmedThrough == seen.last && bounds.epoch == seen.epoch)
            #expect(try await self.ids(stores[1]) == [new])
        }
    }

    @Test("a creation leaves alone what was published where there was nothing before")
    func firstPublish() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let seen = try await stores[0].bounds(of: self.key)
            let first = try await self.put(0, in: stores[1])
            _ = try await stores[0].purge(self.key, seen: seen, withNewer: false)
            #expect(try await self.ids(stores[1]) == [first])
        }
    }
    @Test("a first publish to a topic that was deleted is stored whatever its relay knew, above all ids that it knew")
    func firstAppendAfterLoss() async throws {
        try await ValkeyPlace.with(1) { stores, _ in
            let old = try await stores[0].put(.one(.bytes(1, at: 0), to: self.key)).bounds
            var known = old
            // The newest of what this relay knows was lost with a failed master.
            known.last = MessageID(milliseconds: old.last.milliseconds + 5_000, sequence: 3)
            let batch = AppendBatch(
                topic: self.key,
                drafts: [.bytes(2, at: 1)],
                retention: Retention(),
                known: known
            )
            let first = try await stores[0].createTopic(.plain(self.key), within: .unlimited, appending: batch)
            guard case .created(let topic, let receipt) = first else {
                Issue.record("\(first)")
                return
            }
            #expect(receipt.stored[0].id > known.last)
            #expect(topic.bounds.epoch.id != old.epoch.id && topic.bounds.count == 1)
            #expect(try await self.ids(stores[0]) == [receipt.stored[0].id])
        }
    }

    @Test("a first publish and a late deletion of the topic before it: the new topic keeps its message")
    func firstAppendBeforeLateDeletion() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            _ = try await stores[0].createTopic(.plain(self.key))
            _ = try await self.put(0, in: stores[0])
            let seen = try await stores[0].bounds(of: self.key)
            _ = try await stores[1].deleteTopic(self.key)
            let batch = AppendBatch(topic: self.key, drafts: [.bytes(2, at: 1)], retention: Retention())
            _ = try await stores[1].createTopic(.plain(self.key), within: .unlimited, appending: batch)
            _ = try await stores[0].purge(self.key, seen: seen, withNewer: true)
            #expect(try await self.ids(stores[1]).count == 1)
        }
    }

    @Test(
        "a topic that is there and gone again is never said to be the one that was to be created",
        arguments: [false, true]
    )
    func vanishing(isFirstAppend: Bool) async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<150 {
                        _ = try await stores[0].createTopic(.plain(self.key, owner: "other"), within: .unlimited)
                        _ = try await stores[0].deleteTopic(self.key)
                    }
                }
                group.addTask {
                    for _ in 0..<150 {
                        let found = try await self.create(in: stores[1], isFirstAppend)
                        if let found {
                            #expect(found.record.owner == UserID("other"))
                        } else {
                            _ = try await stores[1].deleteTopic(self.key)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// - Returns: the topic that was there; nil where there was none.
    private func create(in store: ValkeyStore, _ isFirstAppend: Bool) async throws -> StoredTopic? {
        let record = TopicRecord.plain(self.key, owner: "own")
        if isFirstAppend {
            let batch = AppendBatch(topic: self.key, drafts: [.bytes(2, at: 1)], retention: Retention())
            let first = try await store.createTopic(record, within: .unlimited, appending: batch)
            if case .existed(let topic) = first { return topic }
        } else if case .existed(let topic) = try await store.createTopic(record, within: .unlimited) {
            return topic
        }
        return nil
    }
}
