import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

extension StoreContract {
    static let transitionRaceCases: [ContractCase] = [
        ContractCase("of transitions at once each revision is stored by one, and told once, in order") { under in
            try await under.withStore { store in
                let (writers, each) = (6, 12)
                _ = try await store.transition(.create(.room("1", state: "0"), telling: ["1"]))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<writers {
                        group.addTask {
                            for _ in 0..<each { try await Self.advance(store, .named("room/1"), by: "w\(writer)") }
                        }
                        group.addTask {
                            for index in 0..<each {
                                try await store.append(["\(index)"], to: .named("room/1/p\(writer)"))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let last = UInt64(1 + writers * each)
                let topic = try await store.topic(.named("room/1"))
                #expect(topic?.record.state?.revision == last && topic?.bounds.count == Int(last))
                #expect(try await store.read(.named("room/1")).texts == (1...last).map { "\($0)" })
                for writer in 0..<writers {
                    let texts = try await store.read(.named("room/1/p\(writer)")).texts
                    #expect(texts == (0..<each).map { "\($0)" })
                }
            }
        },
        ContractCase("whoever creates, changes and deletes at once: messages, state, lists and parts agree") { under in
            for seed: UInt64 in 1...3 {
                try await under.withStore { store in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for writer in 0..<6 {
                            group.addTask {
                                var random = SeededGenerator(seed: seed * 100 + UInt64(writer))
                                for _ in 0..<20 { try await Self.act(store, "o\(writer)", &random) }
                            }
                        }
                        try await group.waitForAll()
                    }
                    // What is under way elsewhere when a relay looks is settled by then.
                    _ = try await store.sweep(at: .at(1), retention: .unlimited)
                    var owners: [UserID: Int] = [:]
                    var living: [StoredTopic] = []
                    for id in Self.ids {
                        let topic = try await store.topic(.named("room/\(id)"))
                        let texts = try await store.read(.named("room/\(id)")).texts
                        let part = try await store.read(.named("room/\(id)/part")).texts
                        guard let topic, let state = topic.record.state else {
                            #expect(topic == nil && texts.isEmpty && part.isEmpty)
                            continue
                        }
                        // All that this life of the topic has told, and nothing of one before it.
                        let life = String(buffer: state.bytes)
                        #expect(texts == (1...state.revision).map { "\(life) \($0)" })
                        living.append(topic)
                        owners[topic.record.owner, default: 0] += 1
                    }
                    #expect(try await store.topics(ofKind: "room", after: nil, limit: 99) == living)
                    #expect(try await store.topicCounts().total == living.count)
                    for writer in 0..<6 {
                        let owner = UserID("o\(writer)")
                        #expect(try await store.topicNames(ownedBy: owner).count == owners[owner, default: 0])
                        let room = TopicQuota(maxPerUser: owners[owner, default: 0] + 1, maxInAll: living.count + 9)
                        let more = TopicRecord.room("more-\(writer)", owner: "o\(writer)", state: "")
                        #expect(try await store.transition(.create(more, within: room)).changed != nil)
                        let last = TopicRecord.room("last-\(writer)", owner: "o\(writer)", state: "")
                        #expect(try await store.transition(.create(last, within: room)).refused == .ofUser)
                    }
                }
            }
        },
    ]

    private static let ids = ["a", "b", "c"]

    /// Takes the topic a revision on, and tells of that.
    private static func advance(_ store: any FullStore, _ key: TopicKey, by writer: String) async throws {
        while true {
            let topic = try #require(try await store.topic(key))
            let revision = try #require(topic.record.state?.revision)
            var record = topic.record
            record.state = StoredState(bytes: ByteBuffer(string: writer), revision: revision + 1)
            let change = TopicTransition.change(record, from: revision, telling: ["\(revision + 1)"])
            if try await store.transition(change).changed != nil { return }
        }
    }

    /// Creates, changes or deletes one of a few topics, as it is or as it was.
    private static func act(_ store: any FullStore, _ owner: String, _ random: inout SeededGenerator) async throws {
        let id = self.ids[Int.random(in: 0..<self.ids.count, using: &random)]
        let key = TopicKey.named("room/\(id)")
        guard let topic = try await store.topic(key), let state = topic.record.state else {
            let life = "\(owner)-\(UInt32.random(in: 0...UInt32.max, using: &random))"
            _ = try await store.transition(.create(.room(id, owner: owner, state: life), telling: ["\(life) 1"]))
            return
        }
        if random.chance(25) {
            _ = try await store.transition(.delete(key, from: state.revision, erasing: [.named("room/\(id)/part")]))
        } else {
            var record = topic.record
            record.state?.revision += 1
            let text = "\(String(buffer: state.bytes)) \(state.revision + 1)"
            _ = try await store.transition(.change(record, from: state.revision, telling: [text]))
        }
    }
}
