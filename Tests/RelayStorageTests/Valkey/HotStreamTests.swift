import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import Testing
import ValkeyFixture

/// Streams whose messages nobody keeps: the server forgets them by itself.
@Suite("Hot streams that relays share", .timeLimit(.minutes(1)))
struct HotStreamTests {
    private let topic = TopicKey.named("room/1/signal")
    private static let age: Int64 = 30

    private func batch(_ sizes: Int..., known: StreamBounds = StreamBounds(), tier: StreamTier = .hot) -> AppendBatch {
        var drafts = sizes.map { Draft.bytes($0) }
        drafts[0].ttl = 9
        return AppendBatch(
            topic: self.topic,
            drafts: drafts,
            retention: Retention(maxAgeSeconds: Self.age),
            known: known,
            durability: .replicated,
            tier: tier
        )
    }

    private func key(_ probe: ValkeyProbe, _ name: String) -> ValkeyArgument {
        "\(probe.prefix){room/1}/signal:\(name)"
    }

    @Test("a hot message waits for no replica, and its stream goes some time after its age, the bounds not with it")
    func expiry() async throws {
        try await ValkeyServerProcess.with { server in
            let probe = try ValkeyProbe(server, prefix: "pulsar:")
            let settings = ValkeyStore.Settings(durability: .replicated, replicaTimeout: .milliseconds(50))
            let store = try await ValkeyStore.open(
                .server(server.address),
                settings: settings,
                loops: [MultiThreadedEventLoopGroup.singleton.any()]
            )
            try await store.put(self.batch(1, 2))
            for name in ["stream", "ttl"] {
                let life = try await probe.send("PTTL", self.key(probe, name)).integer ?? 0
                #expect((Self.age * 1000 + 60_000...Self.age * 1000 + 180_000).contains(life))
            }
            #expect(try await probe.send("PTTL", self.key(probe, "state")).integer == -1)
            // The same where the stream was hot before.
            #expect(await store.append(self.batch(3, tier: .kept)).code == .outcomeUnknown)
            for name in ["stream", "ttl"] {
                #expect(try await probe.send("PTTL", self.key(probe, name)).integer == -1)
            }
            #expect(try await store.bounds(of: self.topic).count == 3)
            await store.close()
            await probe.close()
        }
    }

    @Test("when a hot stream is gone its history goes on: who saw all misses nothing, who did not is told")
    func goneAndOn() async throws {
        try await ValkeyPlace.with(2) { stores, probe in
            let follower = Follower(stores[1])
            try await follower.feed.listen(to: self.topic)
            let first = try await stores[0].put(self.batch(1, 2))
            _ = await follower.growths(messages: 2)
            try await probe.send("DEL", self.key(probe, "stream"), self.key(probe, "ttl"))
            // A relay that asks, one that reads, and one that sweeps.
            let gone = try await stores[1].feed.position(of: self.topic, known: first.bounds)
            #expect(gone.epoch == first.bounds.epoch && gone.last == first.bounds.last)
            #expect(gone.count == 0 && gone.trimmedThrough == gone.last)
            #expect(try await stores[1].bounds(of: self.topic) == gone)
            #expect(try await stores[1].messages(in: self.topic).isEmpty)
            _ = try await stores[1].sweep(at: .at(0), retention: Retention(maxAgeSeconds: Self.age))
            #expect(try await stores[1].bounds(of: self.topic) == gone)
            // Nobody's append is superseded, and the news begins where everybody is.
            let second = try await stores[1].put(self.batch(3, known: first.bounds))
            let growth = try #require(await follower.growth())
            #expect(growth.previous == first.bounds.last && growth.bounds == second.bounds)
            #expect(second.bounds.epoch == first.bounds.epoch && second.stored[0].id > first.bounds.last)
            #expect(second.bounds.trimmedThrough == first.bounds.last && second.bounds.count == 1)
            let third = try await stores[0].put(self.batch(4, known: first.bounds))
            #expect(third.bounds.epoch == first.bounds.epoch && third.bounds.count == 2)
            #expect(try await stores[0].feed.position(of: self.topic, known: first.bounds) == third.bounds)
        }
    }

    @Test("a hot stream whose state is gone too, or that lost its newest messages, is another history, as any")
    func losses() async throws {
        try await ValkeyPlace.with(1) { stores, probe in
            let first = try await stores[0].put(self.batch(1, 2))
            var ahead = first.bounds
            ahead.last = MessageID(milliseconds: ahead.last.milliseconds + 5, sequence: 0)
            #expect(await stores[0].append(self.batch(3, known: ahead)).code == .superseded)
            let next = try await stores[0].feed.position(of: self.topic, known: StreamBounds())
            #expect(next.epoch != first.bounds.epoch && next.last == ahead.last)
            try await stores[0].put(self.batch(3, known: next))
            for name in ["stream", "ttl", "state"] { try await probe.send("DEL", self.key(probe, name)) }
            let known = try await stores[0].feed.position(of: self.topic, known: next)
            #expect(known.epoch != next.epoch && known.last == next.last && known.count == 0)
        }
    }

    @Test("a hot stream that was erased starts as any that was deleted")
    func erased() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let first = try await stores[0].put(self.batch(1, 2))
            try await stores[1].erase([self.topic])
            #expect(await stores[0].append(self.batch(3, known: first.bounds)).code == .superseded)
            let second = try await stores[0].put(self.batch(3))
            #expect(second.stored[0].id > first.bounds.last && second.bounds.count == 1)
        }
    }

    private func compacted(
        _ keys: [String?],
        known: StreamBounds = StreamBounds(),
        ttl: Int64? = nil,
        keep: Int = .max
    ) -> AppendBatch {
        var drafts = keys.map { _ in Draft.bytes(1) }
        for index in drafts.indices { drafts[index].ttl = ttl }
        return AppendBatch(
            topic: self.topic,
            drafts: drafts,
            retention: Retention(maxMessages: keep, maxAgeSeconds: Self.age),
            known: known,
            tier: .hot,
            compactionKeys: keys
        )
    }

    /// Of the fields of a stream's state those that have keys, or ids of messages with one.
    private func keyNames(_ probe: ValkeyProbe) async throws -> [String] {
        let names = (try await probe.send("HKEYS", self.key(probe, "state")).array ?? []).compactMap(\.text)
        return names.filter { $0.hasPrefix("k:") || $0.hasPrefix("r:") }
    }

    @Test("of a compacted stream each key has its newest message, and a relay that knew a replaced one goes on")
    func compaction() async throws {
        try await ValkeyPlace.with(2) { stores, probe in
            let first = try await stores[0].put(self.compacted(["a", nil, "b"]))
            let known = first.bounds
            // Of the newest message that this relay knows nothing is left when it writes again.
            let second = try await stores[1].put(self.compacted(["b", "b", "a"]))
            #expect(second.bounds.epoch == known.epoch && second.bounds.trimmedThrough == .zero)
            #expect(second.bounds.count == 3)
            let third = try await stores[0].put(self.compacted([nil], known: known))
            #expect(third.bounds.epoch == known.epoch && third.previous == second.bounds.last)
            let kept = [first.stored[1].id, second.stored[1].id, second.stored[2].id, third.stored[0].id]
            #expect(try await stores[0].messages(in: self.topic).map(\.id) == kept)
            let last = try await stores[1].put(self.compacted(["a", "b"], ttl: 1))
            #expect(last.bounds.count == 4)
            #expect(try await stores[0].messages(in: self.topic, at: 2).map(\.id) == [kept[0], kept[3]])
            #expect(try await self.keyNames(probe).count == 4)
            _ = try await stores[0].sweep(at: .at(2), retention: Retention(maxAgeSeconds: nil))
            #expect(try await stores[0].bounds(of: self.topic).count == 2)
            // What goes by itself takes its key's name along.
            #expect(try await self.keyNames(probe) == [])
            let fourth = try await stores[0].put(self.compacted(["a"], known: third.bounds, keep: 2))
            #expect(fourth.bounds.epoch == known.epoch && fourth.bounds.trimmedThrough == kept[0])
        }
    }
}
