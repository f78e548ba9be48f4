import NIOCore
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import StoreContract
import Testing

/// Somebody has put values of other types where the relay's belong.
@Suite("A topic whose keys hold what they should not", .timeLimit(.minutes(1)))
struct DamagedTopicTests {
    private let topic = TopicKey.named("t")
    private let administrator = Principal(id: UserID("a"), username: "a", permissions: [.admin, .read, .write])

    private func broker(_ store: ValkeyStore) -> Broker {
        Broker(store: store, feed: store.feed, clock: RelayClock(now: { .at(0) }, uptime: { .uptimeNanoseconds(0) }))
    }

    @Test("an administrator can delete it, and then it can be made anew", arguments: ["stream", "state", "ttl"])
    func delete(name: String) async throws {
        try await ValkeyPlace.with(2) { stores, probe in
            _ = try await stores[0].createTopic(.plain(self.topic))
            var draft = Draft.bytes(1)
            draft.ttl = 60
            try await stores[0].put(.one(draft, to: self.topic))
            try await probe.send("DEL", probe.key("t", name))
            try await probe.send("SADD", probe.key("t", name), "nonsense")
            let broker = self.broker(stores[1])
            try await broker.deleteTopic(self.topic, as: self.administrator)
            for key in ["stream", "ttl"] {
                #expect(try await probe.send("EXISTS", probe.key("t", key)).integer == 0)
            }
            #expect(try await stores[0].createTopic(.plain(self.topic)).isNew)
            try await stores[0].put(.one(.bytes(2), to: self.topic))
            #expect(try await stores[1].messages(in: self.topic).map(\.payload.readableBytes) == [2])
        }
    }

    @Test("its record is shown, and what needs its messages says what is wrong", arguments: ["stream", "state"])
    func others(name: String) async throws {
        try await ValkeyPlace.with { stores, probe in
            _ = try await stores[0].createTopic(.plain(self.topic))
            try await stores[0].put(.one(.bytes(1), to: self.topic))
            try await probe.send("SET", probe.key("t", name), "nonsense")
            #expect(try await stores[0].topic(self.topic)?.record.owner == UserID("o"))
            #expect(try await stores[0].topics(of: UserID("o")).count == 1)
            let publish = await #expect(throws: StoreError.self) {
                try await stores[0].put(.one(.bytes(1), to: self.topic))
            }
            let read = await #expect(throws: StoreError.self) { try await stores[0].messages(in: self.topic) }
            for error in [publish, read] {
                #expect(error?.code == .corrupt && error?.message.contains("WRONGTYPE") == true)
            }
        }
    }
}
