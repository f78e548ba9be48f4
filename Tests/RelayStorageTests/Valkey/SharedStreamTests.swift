import NIOCore
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import Testing
import ValkeyFixture

/// Two relays, one server: what one stores, the other is told of.
@Suite("Streams that relays share", .timeLimit(.minutes(1)))
struct SharedStreamTests {
    private let topic = TopicKey.named("t")

    @Test("appends of two stores are announced in stored order, each from where the one before it ended")
    func interleaved() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let followers = stores.map { Follower($0) }
            for follower in followers { try await follower.feed.listen(to: self.topic) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in stores {
                    group.addTask {
                        for size in 1...40 { try await store.put(.one(.bytes(size), to: self.topic)) }
                    }
                }
                try await group.waitForAll()
            }
            let stored = try await stores[0].messages(in: self.topic)
            #expect(stored.count == 80)
            for follower in followers {
                let growths = await follower.growths(messages: 80)
                #expect(growths.flatMap(\.messages) == stored)
                #expect(growths.map(\.previous) == [.zero] + growths.dropLast().map(\.bounds.last))
            }
        }
    }

    @Test("an append's receipt says where the stream ended before it")
    func previous() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let first = try await stores[0].put(.one(.bytes(1), to: self.topic))
            let second = try await stores[1].put(.one(.bytes(1), to: self.topic))
            #expect(first.previous == .zero)
            #expect(second.previous == first.stored[0].id)
            #expect(second.bounds.epoch == first.bounds.epoch)
        }
    }

    @Test("a batch too large to announce is told of without its messages, and a mebibyte arrives whole")
    func large() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let follower = Follower(stores[1])
            try await follower.feed.listen(to: self.topic)
            try await stores[0].put(.one(.bytes(1 << 20), to: self.topic))
            let growth = try #require(await follower.growth())
            #expect(growth.messages.isEmpty && growth.bounds.count == 1)
            #expect(try await stores[1].messages(in: self.topic).map(\.payload.readableBytes) == [1 << 20])
        }
    }

    @Test("a page of large messages is read in steps, and stays within its bytes")
    func largePage() async throws {
        try await ValkeyPlace.with { stores, _ in
            for _ in 0..<24 { try await stores[0].put(.one(.bytes(1 << 20), to: self.topic)) }
            #expect(try await stores[0].messages(in: self.topic).count == 24)
        }
    }

    @Test("payloads of any bytes are told as they are, with their format", arguments: [1, 3])
    func binary(count: Int) async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let follower = Follower(stores[1])
            try await follower.feed.listen(to: self.topic)
            let payload = ByteBuffer(bytes: (0...255).map { UInt8($0) })
            var drafts = [PayloadFormat.binary, .json, .binary].map {
                Draft(timestamp: .at(0), payload: payload, format: $0)
            }
            drafts[2].sender = "s"
            drafts[2].metadata = ByteBuffer(string: "{}")
            let batch = AppendBatch(topic: self.topic, drafts: Array(drafts.prefix(count)), retention: Retention())
            try await stores[0].put(batch)
            let told = await follower.growths(messages: count).flatMap(\.messages)
            #expect(try await told == stores[0].messages(in: self.topic))
            #expect(told.map(\.format) == drafts.prefix(count).map(\.format))
            #expect(told.allSatisfy { $0.payload == payload })
        }
    }

    @Test("a trimming by age is told to others")
    func trimming() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let follower = Follower(stores[1])
            for _ in 0..<2 { try await stores[0].put(.one(.bytes(1), to: self.topic)) }
            try await follower.feed.listen(to: self.topic)
            let trimmed = try await stores[0].sweep(at: .at(100), retention: Retention(maxAgeSeconds: 10))
            let growth = try #require(await follower.growth())
            #expect(growth.messages.isEmpty)
            #expect(growth.bounds == trimmed[self.topic])
            #expect(growth.bounds.count == 1)
        }
    }

    @Test("what is no announcement is told as missed news, and nothing breaks")
    func malformed() async throws {
        try await ValkeyPlace.with(1) { stores, probe in
            let follower = Follower(stores[0])
            try await follower.feed.listen(to: self.topic)
            for text in ["", "x", "ab 0-0 0-0 1-0 0-0 1 1\n1-0 1 - 99 - -\n{}", "ab 0-0 0-0 1-0 0-0 1 77777777777\n"] {
                try await probe.send("SPUBLISH", probe.key("t", "news"), .init(text))
                #expect(await follower.missed() == [self.topic])
            }
            try await stores[0].put(.one(.bytes(3), to: self.topic))
            #expect(await follower.growths(messages: 1).count == 1)
        }
    }

    @Test("after the connection was lost, all topics listened to are told as missed, and news go on")
    func reconnection() async throws {
        try await ValkeyServerProcess.with { server in
            try await server.withStores(2) { stores, probe in
                let follower = Follower(stores[0])
                try await follower.feed.listen(to: self.topic)
                try await follower.feed.listen(to: .named("u"))
                try await probe.send("CLIENT", "KILL", "TYPE", "pubsub")
                #expect(Set(await follower.missed()) == [self.topic, .named("u")])
                try await follower.feed.listen(to: self.topic)
                try await stores[1].put(.one(.bytes(3), to: self.topic))
                #expect(await follower.growths(messages: 1).count == 1)
            }
        }
    }

    @Test("a topic no longer listened to is silent")
    func stopping() async throws {
        try await ValkeyPlace.with(1) { stores, _ in
            let follower = Follower(stores[0])
            try await follower.feed.listen(to: self.topic)
            try await follower.feed.listen(to: .named("u"))
            follower.feed.stopListening(to: self.topic)
            try await stores[0].put(.one(.bytes(1), to: self.topic))
            try await stores[0].put(.one(.bytes(2), to: .named("u")))
            #expect(await follower.growth()?.messages.first?.payload.readableBytes == 2)
        }
    }
}
