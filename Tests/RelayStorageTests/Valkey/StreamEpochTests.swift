import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import StoreContract
import Testing

/// A stream that is no longer what a relay knows of it.
@Suite("Epochs of shared streams", .timeLimit(.minutes(1)))
struct StreamEpochTests {
    private let topic = TopicKey.named("t")

    private func batch(_ known: StreamBounds) -> AppendBatch {
        AppendBatch(topic: self.topic, drafts: [.bytes(1)], retention: Retention(), known: known)
    }

    @Test("who knows another epoch stores nothing")
    func superseded() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            _ = try await stores[0].createTopic(.plain(self.topic))
            let old = try await stores[0].put(self.batch(StreamBounds())).bounds
            let new = try #require(try await stores[1].deleteTopic(self.topic))
            #expect(await stores[0].append(self.batch(old)).code == .superseded)
            #expect(try await stores[0].bounds(of: self.topic) == new)
            #expect(try await stores[0].put(self.batch(new)).bounds.epoch == new.epoch)
        }
    }

    @Test("a server that was wiped begins a new epoch, gives out no id again, and tells the others")
    func wiped() async throws {
        try await ValkeyPlace.with(2) { stores, probe in
            let old = try await stores[0].put(self.batch(StreamBounds())).bounds
            let follower = Follower(stores[1])
            try await follower.feed.listen(to: self.topic)
            for name in ["stream", "state"] { try await probe.send("DEL", probe.key("t", name)) }
            #expect(await stores[0].append(self.batch(old)).code == .superseded)
            let told = try #require(await follower.growth()).bounds
            let new = try await stores[0].feed.position(of: self.topic, known: StreamBounds())
            #expect(told == new)
            #expect(new.epoch != old.epoch && new.epoch.start == .zero && new.last == old.last && new.count == 0)
            let receipt = try await stores[0].put(self.batch(new))
            #expect(receipt.stored[0].id > old.last && receipt.bounds.epoch == new.epoch)
        }
    }

    @Test("messages that somebody deleted begin a new epoch after the last of them")
    func streamDeleted() async throws {
        try await ValkeyPlace.with { stores, probe in
            let old = try await stores[0].put(self.batch(StreamBounds())).bounds
            try await probe.send("DEL", probe.key("t", "stream"))
            let new = try await stores[0].feed.position(of: self.topic, known: old)
            #expect(new.epoch.id != old.epoch.id && new.epoch.start == old.last)
            #expect(new.trimmedThrough == old.last && new.count == 0)
            #expect(await stores[0].append(self.batch(old)).code == .superseded)
        }
    }

    @Test("who knows of nothing newer than what a snapshot stands for has missed something, and lost nothing")
    func behindSnapshot() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let old = try await stores[0].put(self.batch(StreamBounds())).bounds
            for _ in 0..<4 { try await stores[1].put(self.batch(StreamBounds())) }
            let last = try await stores[1].bounds(of: self.topic).last
            _ = try await stores[1].putSnapshot(at: last, in: self.topic)
            let next = try await stores[0].put(self.batch(old)).bounds
            #expect(next.epoch == old.epoch && next.count == 2)
            let position = try await stores[0].feed.position(of: self.topic, known: old)
            #expect(position == next)
        }
    }

    @Test("snapshots go from the state with their messages, whoever deleted those")
    func snapshotsOfDeletedStream() async throws {
        try await ValkeyPlace.with { stores, probe in
            var ids: [MessageID] = []
            for _ in 0..<6 { ids.append(try await stores[0].put(self.batch(StreamBounds())).stored[0].id) }
            for index in [1, 3] { _ = try await stores[0].putSnapshot(at: ids[index], in: self.topic, keeping: 60) }
            let fields = { () async throws in
                try await probe.send("HKEYS", probe.key("t", "state")).array?.compactMap(\.text) ?? []
            }
            #expect(try await fields().filter { $0.contains(":") }.count == 5)
            try await probe.send("DEL", probe.key("t", "stream"))
            let known = try await stores[0].bounds(of: self.topic)
            _ = try await stores[0].feed.position(of: self.topic, known: known)
            #expect(try await fields().filter { $0.contains(":") || $0 == "snap" }.isEmpty)
        }
    }

    @Test("a snapshot whose bytes are gone can't be read, and readers are told of a gap")
    func lostSnapshot() async throws {
        try await ValkeyPlace.with { stores, probe in
            var ids: [MessageID] = []
            for _ in 0..<6 { ids.append(try await stores[0].put(self.batch(StreamBounds())).stored[0].id) }
            _ = try await stores[0].putSnapshot(at: ids[3], in: self.topic)
            try await probe.send("HDEL", probe.key("t", "state"), .init("s:\(ids[3])"))
            let request = ReadRequest(
                topic: self.topic,
                range: .forward(after: .zero),
                maxMessages: 9,
                maxBytes: .max,
                now: .at(0)
            )
            let result = await withCheckedContinuation { continuation in
                stores[0].read(request) { continuation.resume(returning: $0) }
            }
            let page = try result.get()
            #expect(page.messages.map(\.id) == Array(ids[4...]) && page.lostThrough == ids[3])
        }
    }

    @Test("a state that is gone while messages are there begins an epoch that goes on after them")
    func stateDeleted() async throws {
        try await ValkeyPlace.with { stores, probe in
            let old = try await stores[0].put(self.batch(StreamBounds())).bounds
            try await probe.send("DEL", probe.key("t", "state"))
            #expect(await stores[0].append(self.batch(old)).code == .superseded)
            let receipt = try await stores[0].put(self.batch(StreamBounds()))
            #expect(receipt.stored[0].id > old.last && receipt.bounds.count == 2)
        }
    }

    @Test(
        "a lost tail begins a new epoch after what is left, and no id of the tail is given out again",
        arguments: [0, 1]
    )
    func tailLost(byPosition: Int) async throws {
        try await ValkeyPlace.with { stores, probe in
            let kept = try await stores[0].put(self.batch(StreamBounds())).bounds
            let ahead = MessageID(milliseconds: kept.last.milliseconds + 9, sequence: 7)
            var known = kept
            known.last = ahead
            if byPosition == 0 {
                #expect(await stores[0].append(self.batch(known)).code == .superseded)
            } else {
                #expect(try await stores[0].feed.position(of: self.topic, known: known).epoch.start == kept.last)
            }
            let new = try await stores[0].bounds(of: self.topic)
            #expect(new.epoch.id != kept.epoch.id && new.epoch.start == kept.last && new.last == ahead)
            #expect(new.trimmedThrough == .zero && new.count == 1)
            #expect(new.epoch.holes == [StreamHole(after: kept.last, through: ahead)])
            #expect(try await stores[0].put(self.batch(new)).stored[0].id > ahead)
        }
    }

    @Test(
        "sequence numbers go on where they have more digits than Lua writes of a number, and end where it counts no further",
        arguments: [
            ("9000000000000-99999999999998", ["9000000000000-99999999999999", "9000000000000-100000000000000"]),
            ("9000000000000-9007199254740989", ["9000000000000-9007199254740990", "9000000000001-0"]),
        ]
    )
    func largeSequences(last: String, next: [String]) async throws {
        try await ValkeyPlace.with { stores, probe in
            _ = try await stores[0].put(self.batch(StreamBounds()))
            try await probe.send("HSET", probe.key("t", "state"), "last", ValkeyArgument(last))
            let two = AppendBatch(
                topic: self.topic,
                drafts: [.bytes(1), .bytes(1)],
                retention: Retention(),
                known: StreamBounds()
            )
            let receipt = try await stores[0].put(two)
            #expect(receipt.stored.map(\.id.description) == next)
            #expect(receipt.bounds.last.description == next[1])
        }
    }

    @Test("asking for the position of what is not there makes nothing")
    func nothing() async throws {
        try await ValkeyPlace.with { stores, probe in
            #expect(try await stores[0].feed.position(of: self.topic, known: StreamBounds()) == StreamBounds())
            let reply = try await probe.send("EXISTS", probe.key("t", "state"))
            #expect(reply.integer == 0)
        }
    }
}

extension Result where Success == AppendReceipt, Failure == StoreError {
    var code: StoreError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}
