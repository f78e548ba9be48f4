import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let firstAppendCases: [ContractCase] = [
        ContractCase("a topic and its first messages are stored together, and appends go on from them") { under in
            try await under.withStore { store in
                let first = try await store.createTopic(.of(.named("t")), appending: [.text("a"), .text("b")])
                let (topic, receipt) = try #require(first.created)
                #expect(receipt.stored.map(\.id).isStrictlyIncreasing && !receipt.stored.contains { $0.isRepeat })
                #expect(topic.bounds == receipt.bounds && topic.grants.isEmpty)
                #expect(receipt.bounds.count == 2 && receipt.bounds.last == receipt.stored[1].id)
                #expect(try await store.topic(.named("t")) == topic)
                let next = try await store.append([.text("c")], to: .named("t"))
                #expect(next.bounds.epoch == receipt.bounds.epoch)
                #expect(try await store.read(.named("t")).texts == ["a", "b", "c"])
                #expect(try await store.topicCounts().total == 1)
                #expect(try await store.topicNames(ownedBy: UserID("owner")) == ["t"])
            }
        },
        ContractCase("where there is such a topic, a first append stores nothing and gives that topic") { under in
            try await under.withStore { store in
                let known = try await store.createTopic(.of(.named("t"), isPublic: true)).topic
                try await store.append(["a"], to: .named("t"))
                let second = try await store.createTopic(
                    .of(.named("t"), owner: "other", id: "t2"),
                    appending: [.text("b")]
                )
                guard case .existed(let found) = second else {
                    Issue.record("\(second)")
                    return
                }
                #expect(found.record == known.record && found.bounds.count == 1)
                #expect(try await store.read(.named("t")).texts == ["a"])
            }
        },
        ContractCase("a first append beyond the quota stores neither topic nor message nor mark") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("a"), owner: "u"))
                let drafts: [Draft] = [.text("x", mark: .key("k"))]
                for (quota, bound) in [
                    (TopicQuota(maxPerUser: 1, maxInAll: 9), TopicQuota.Bound.ofUser),
                    (TopicQuota(maxPerUser: 9, maxInAll: 1), .inAll),
                ] {
                    let first = try await store.createTopic(
                        .of(.named("b"), owner: "u"),
                        within: quota,
                        appending: AppendBatch(topic: .named("b"), drafts: drafts, retention: .unlimited)
                    )
                    guard case .refused(bound) = first else {
                        Issue.record("\(first)")
                        return
                    }
                }
                #expect(try await store.topic(.named("b")) == nil)
                #expect(try await store.bounds(of: .named("b")) == StreamBounds())
                #expect(try await store.idempotencyEntries(for: IdempotencyMark.key("k").key, at: .at(1)).isEmpty)
                #expect(try await store.topicCounts().total == 1)
                // The key is as free as the name.
                let allowed = try await store.createTopic(.of(.named("b"), owner: "u"), appending: drafts)
                #expect(allowed.created?.receipt.stored[0].isRepeat == false)
            }
        },
        ContractCase("of many first appends to one topic one is stored, and the others find its topic") { under in
            try await under.withStore { store in
                let firsts = try await withThrowingTaskGroup(of: (Int, FirstAppend).self) { group in
                    for index in 0..<32 {
                        group.addTask {
                            let record = TopicRecord.of(.named("t"), owner: "u\(index)")
                            return (index, try await store.createTopic(record, appending: [.text("\(index)")]))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let winners = firsts.filter { $0.1.created != nil }
                try #require(winners.count == 1)
                let owner = UserID("u\(winners[0].0)")
                #expect(try await store.topic(.named("t"))?.record.owner == owner)
                #expect(try await store.read(.named("t")).texts == ["\(winners[0].0)"])
                for case .existed(let topic) in firsts.map(\.1) { #expect(topic.record.owner == owner) }
            }
        },
        ContractCase("one writer whose first publishes come all at once gets its quota and no more") { under in
            try await under.withStore { store in
                let quota = TopicQuota(maxPerUser: 20, maxInAll: 1_000)
                let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<80 {
                        group.addTask {
                            let key = TopicKey.named("flood-\(index)")
                            let batch = AppendBatch(topic: key, drafts: [.text("x")], retention: .unlimited)
                            let record = TopicRecord.of(key, owner: "u")
                            return try await store.createTopic(record, within: quota, appending: batch).created != nil
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(created == 20)
                let names = try await store.topicNames(ownedBy: UserID("u"))
                #expect(names.count == 20)
                for name in names { #expect(try await store.read(.named(name)).texts == ["x"]) }
            }
        },
        ContractCase("a topic made anew by a first append shows nothing of before, and its ids go on") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                let old = try await store.append([.text("a", at: 100), .text("b", at: 100)], to: .named("t"))
                _ = try await store.deleteTopic(.named("t"))
                let late = try await store.append(["late"], at: 100, to: .named("t"))
                let first = try await store.createTopic(
                    .of(.named("t"), owner: "other", id: "t2"),
                    appending: [.text("new", at: 1)]
                )
                let (topic, receipt) = try #require(first.created)
                #expect(receipt.stored[0].id > late[0] && late[0] > old.bounds.last)
                #expect(receipt.bounds.count == 1 && receipt.bounds.trimmedThrough == late[0])
                #expect(receipt.bounds.epoch != old.bounds.epoch)
                #expect(topic.record.owner == UserID("other"))
                #expect(try await store.read(.named("t")).texts == ["new"])
            }
        },
        ContractCase("a first append keeps to the retention, and to what is stored under its marks") { under in
            try await under.withStore { store in
                let before = try await store.append([.text("a", mark: .key("k"))], to: .named("other"))
                let drafts: [Draft] = [
                    .text("x", mark: .key("k")), .text("1"), .text("2", mark: .key("l")), .text("3"),
                ]
                let first = try await store.createTopic(.of(.named("t")), appending: drafts, .newest(2))
                let (_, receipt) = try #require(first.created)
                #expect(receipt.stored.map(\.isRepeat) == [true, false, false, false])
                #expect(receipt.stored[0].id == before.stored[0].id)
                #expect(receipt.bounds.count == 2)
                #expect(try await store.read(.named("t")).texts == ["2", "3"])
                let again = try await store.append([.text("2", mark: .key("l"))], to: .named("t"))
                #expect(again.stored[0].isRepeat && again.stored[0].id == receipt.stored[2].id)
            }
        },
        ContractCase("topics and their first messages survive reopening") { under in
            try await under.withReopening { store in
                for name in ["a", "b"] {
                    _ = try await store.createTopic(.of(.named(name)), appending: [.text(name, mark: .key(name))])
                }
                return try await store.topics(after: nil, limit: 9)
            } after: { store, before in
                let now = try await store.topics(after: nil, limit: 9)
                #expect(now.count == 2 && now == before)
                #expect(try await store.read(.named("b")).texts == ["b"])
                #expect(try await store.append([.text("b", mark: .key("b"))], to: .named("b")).stored[0].isRepeat)
            }
        },
    ]
}

extension FirstAppend {
    fileprivate var created: (topic: StoredTopic, receipt: AppendReceipt)? {
        if case .created(let topic, let receipt) = self { (topic, receipt) } else { nil }
    }
}

extension TopicStore {
    fileprivate func createTopic(
        _ record: TopicRecord,
        appending drafts: [Draft],
        _ retention: Retention = .unlimited
    ) async throws(StoreError) -> FirstAppend {
        let batch = AppendBatch(topic: record.key, drafts: drafts, retention: retention)
        return try await self.createTopic(record, within: .unlimited, appending: batch)
    }
}
