import NIOCore
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import StoreContract
import Testing

/// What a server that lost the newest messages keeps of it, for clients that were away.
@Suite("Holes in shared streams", .timeLimit(.minutes(1)))
struct StreamHoleTests {
    private let topic = TopicKey.named("t")

    /// Stores a message that nobody knows of.
    @discardableResult
    private func put(_ store: ValkeyStore, keeping count: Int = 1_000) async throws -> StreamBounds {
        let batch = AppendBatch(topic: self.topic, drafts: [.bytes(1)], retention: Retention(maxMessages: count))
        return try await store.put(batch).bounds
    }

    /// Has a relay tell the store that it knew of more, up to that many milliseconds after the last message.
    private func lose(_ milliseconds: UInt64, _ store: ValkeyStore) async throws -> StreamHole {
        var known = try await store.bounds(of: self.topic)
        let hole = StreamHole(
            after: known.last,
            through: MessageID(milliseconds: known.last.milliseconds + milliseconds, sequence: 0)
        )
        known.last = hole.through
        _ = try await store.feed.position(of: self.topic, known: known)
        return hole
    }

    @Test("every relay gets them, with whatever it asks for, and by the news")
    func told() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            try await self.put(stores[0])
            let follower = Follower(stores[1])
            try await follower.feed.listen(to: self.topic)
            let hole = try await self.lose(9, stores[0])
            #expect(try #require(await follower.growth()).bounds.epoch.holes == [hole])
            let receipt = try await self.put(stores[0])
            #expect(receipt.epoch.holes == [hole])
            #expect(try #require(await follower.growth()).bounds == receipt)
            #expect(try await stores[1].bounds(of: self.topic) == receipt)
            #expect(try await stores[1].feed.position(of: self.topic, known: receipt) == receipt)
        }
    }

    @Test("a second loss is added; right after the first, it only makes the hole longer")
    func several() async throws {
        try await ValkeyPlace.with { stores, _ in
            try await self.put(stores[0])
            let first = try await self.lose(5, stores[0])
            let longer = try await self.lose(7, stores[0])
            let one = StreamHole(after: first.after, through: longer.through)
            #expect(try await stores[0].bounds(of: self.topic).epoch.holes == [one])
            try await self.put(stores[0])
            let second = try await self.lose(5, stores[0])
            #expect(try await stores[0].bounds(of: self.topic).epoch.holes == [one, second])
        }
    }

    @Test("of more than four the oldest become one")
    func bounded() async throws {
        try await ValkeyPlace.with { stores, _ in
            var holes: [StreamHole] = []
            for _ in 0..<6 {
                try await self.put(stores[0])
                holes.append(try await self.lose(5, stores[0]))
            }
            let merged = StreamHole(after: holes[0].after, through: holes[2].through)
            #expect(try await stores[0].bounds(of: self.topic).epoch.holes == [merged] + holes[3...])
        }
    }

    @Test("a loss is noticed also where others, who knew less, have stored more since", arguments: [false, true])
    func noticedLate(byPosition: Bool) async throws {
        try await ValkeyPlace.with { stores, probe in
            let kept = try await self.put(stores[0]).last
            let known = try await self.put(stores[0])
            // A server without the second message takes over.
            let state = probe.key("t", "state")
            try await probe.send("XDEL", probe.key("t", "stream"), ValkeyArgument(known.last.description))
            try await probe.send("HSET", state, "last", ValkeyArgument(kept.description), "count", "1")
            let late = AppendBatch(topic: self.topic, drafts: [.bytes(1, at: 9)], retention: Retention())
            let others = try await stores[0].put(late).bounds
            #expect(others.epoch == known.epoch && others.last > known.last)
            if byPosition {
                _ = try await stores[0].feed.position(of: self.topic, known: known)
            } else {
                let batch = AppendBatch(topic: self.topic, drafts: [.bytes(1)], retention: Retention(), known: known)
                #expect(await stores[0].append(batch).code == .superseded)
            }
            let epoch = try await stores[0].bounds(of: self.topic).epoch
            #expect(epoch.id != known.epoch.id && epoch.start == others.last)
            #expect(epoch.holes == [StreamHole(after: kept, through: known.last)])
        }
    }

    @Test("what retention or its ttl took, and the end of a hole, is not taken for lost")
    func notLost() async throws {
        try await ValkeyPlace.with { stores, _ in
            var known: [StreamBounds] = []
            let brief = Draft(timestamp: .at(0), payload: ByteBuffer(string: "1"), ttl: 1)
            known.append(try await stores[0].put(.one(brief, to: self.topic)).bounds)
            try await self.put(stores[0])
            _ = try await stores[0].sweep(at: .at(5), retention: Retention(maxAgeSeconds: nil))
            let epoch = try await stores[0].feed.position(of: self.topic, known: known[0]).epoch
            #expect(epoch == known[0].epoch)
            _ = try await self.lose(5, stores[0])
            let hole = try await stores[0].bounds(of: self.topic)
            try await self.put(stores[0])
            #expect(try await stores[0].feed.position(of: self.topic, known: hole).epoch == hole.epoch)
            let trimmed = try await self.put(stores[0])
            for _ in 0..<3 { try await self.put(stores[0], keeping: 2) }
            #expect(try await stores[0].feed.position(of: self.topic, known: trimmed).epoch.id == hole.epoch.id)
        }
    }

    @Test("one is forgotten once what came after it is trimmed: by count, by age, and with the topic")
    func forgotten() async throws {
        try await ValkeyPlace.with { stores, _ in
            try await self.put(stores[0])
            let hole = try await self.lose(5, stores[0])
            #expect(try await self.put(stores[0], keeping: 1).epoch.holes == [hole])
            #expect(try await self.put(stores[0], keeping: 1).epoch.holes.isEmpty)
            #expect(try await stores[0].bounds(of: self.topic).epoch.holes.isEmpty)
            let next = try await self.lose(5, stores[0])
            for _ in 0..<2 { try await self.put(stores[0]) }
            #expect(try await stores[0].bounds(of: self.topic).epoch.holes == [next])
            let swept = try await stores[0].sweep(at: .at(1_000_000_000), retention: Retention(maxAgeSeconds: 1))
            #expect(swept[self.topic]?.epoch.holes == [])
            _ = try await stores[0].createTopic(.plain(self.topic))
            _ = try await self.lose(5, stores[0])
            #expect(try await stores[0].deleteTopic(self.topic)?.epoch.holes == [])
        }
    }
}
