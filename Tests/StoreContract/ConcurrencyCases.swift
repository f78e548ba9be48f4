import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let concurrencyCases: [ContractCase] = [
        ContractCase("readers that follow cursors see every message of their topic once, in order") { under in
            try await under.withStore { store in
                let (topics, messages) = (24, 60)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<topics {
                        let topic = TopicKey.named("t\(index)")
                        group.addTask {
                            for text in 0..<messages { try await store.append(["\(text)"], to: topic) }
                        }
                        group.addTask {
                            let seen = try await Self.follow(topic, in: store, count: messages)
                            #expect(seen == (0..<messages).map { "\($0)" })
                        }
                    }
                    try await group.waitForAll()
                }
            }
        },
        ContractCase("appends, topics and users that change at once do not disturb each other") { under in
            try await under.withStore { store in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<16 {
                        let topic = TopicKey.named("t\(index)")
                        group.addTask {
                            #expect(try await store.createUser(.of("u\(index)")))
                            #expect(try await store.createTopic(.of(topic, owner: "u\(index)")).isNew)
                            for text in 0..<20 { try await store.append(["\(text)"], to: topic, .newest(5)) }
                            #expect(try await store.read(topic).texts == ["15", "16", "17", "18", "19"])
                            #expect(try await store.addGrant(.to("x"), to: topic))
                            if index % 2 == 0 { #expect(try await store.deleteTopic(topic) != nil) }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await store.topicCounts().total == 8)
                #expect(try await store.topics(of: UserID("x")).count == 8)
                #expect(try await store.userCounts().total == 16)
            }
        },
    ]

    /// Polls on until `count` messages were seen.
    private static func follow(
        _ topic: TopicKey,
        in store: any FullStore,
        count: Int
    ) async throws -> [String] {
        var seen: [String] = []
        var cursor = MessageID.zero
        while seen.count < count {
            let page = try await store.read(topic, .forward(after: cursor), messages: 7)
            #expect(page.bounds.last >= page.ids.last ?? .zero)
            seen += page.texts
            cursor = page.ids.last ?? cursor
            await Task.yield()
        }
        return seen
    }
}
