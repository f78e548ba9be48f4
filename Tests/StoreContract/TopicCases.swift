import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let topicCases: [ContractCase] = [
        ContractCase("a topic is created once and comes back as it was stored") { under in
            try await under.withStore { store in
                let record = TopicRecord(
                    id: "id-1",
                    key: .named("t", in: "ø"),
                    kind: "stream",
                    owner: UserID("o"),
                    createdAt: .at(0.000_001),
                    isPublic: true,
                    description: "é\u{0}e\u{301} 🐙",
                    durability: .synced
                )
                #expect(try await store.topic(record.key) == nil)
                let created = try await store.createTopic(record)
                #expect(created.isNew)
                #expect(created.topic == StoredTopic(record: record, grants: [], bounds: StreamBounds()))
                let again = try await store.createTopic(.of(record.key, owner: "other", id: "id-2"))
                #expect(!again.isNew && again.topic == created.topic)
                #expect(try await store.topic(record.key) == created.topic)
            }
        },
        ContractCase("of many concurrent creators of one topic one succeeds, and all see its topic") { under in
            try await under.withStore { store in
                let results = try await withThrowingTaskGroup(of: (StoredTopic, Bool).self) { group in
                    for index in 0..<32 {
                        group.addTask {
                            let result = try await store.createTopic(.of(.named("t"), owner: "u\(index)"))
                            return (result.topic, result.isNew)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(results.count { $0.1 } == 1)
                #expect(Set(results.map { $0.0 }).count == 1)
                #expect(try await store.topicCounts().total == 1)
            }
        },
        ContractCase("an update changes only what is given") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                try await store.append(["a"], to: .named("t"))
                let bounds = try await store.bounds(of: .named("t"))
                let described = try await store.updateTopic(.named("t"), TopicChanges(description: ""))
                #expect(described?.record.description == "" && described?.record.isPublic == false)
                let published = try await store.updateTopic(.named("t"), TopicChanges(isPublic: true))
                #expect(published?.record.description == "" && published?.record.isPublic == true)
                #expect(published?.bounds == bounds)
                #expect(try await store.updateTopic(.named("t"), TopicChanges()) == published)
                #expect(try await store.topic(.named("t")) == published)
                #expect(try await store.updateTopic(.named("gone"), TopicChanges(isPublic: true)) == nil)
            }
        },
        ContractCase("a topic's durability is set, changed and taken away, and nothing else with it") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                let before = try await store.topic(.named("t"))
                #expect(before?.record.durability == nil)
                for durability in Durability.allCases {
                    let set = try await store.updateTopic(.named("t"), TopicChanges(durability: .own(durability)))
                    #expect(set?.record.durability == durability)
                    #expect(try await store.updateTopic(.named("t"), TopicChanges(description: "d")) != nil)
                    #expect(try await store.topic(.named("t"))?.record.durability == durability)
                }
                let reset = TopicChanges(description: "", durability: .ofRelay)
                #expect(try await store.updateTopic(.named("t"), reset)?.record.durability == nil)
                let after = try await store.topics(after: nil, limit: 1).first
                #expect(after?.record.durability == nil && after?.record.id == before?.record.id)
            }
        },
        ContractCase("counters follow creation, update and deletion") { under in
            try await under.withStore { store in
                #expect(try await store.topicCounts() == TopicCounts(total: 0, publicTopics: 0))
                for name in ["a", "b", "c"] {
                    _ = try await store.createTopic(.of(.named(name), isPublic: name == "a"))
                }
                #expect(try await store.topicCounts() == TopicCounts(total: 3, publicTopics: 1))
                _ = try await store.updateTopic(.named("b"), TopicChanges(isPublic: true))
                _ = try await store.updateTopic(.named("b"), TopicChanges(isPublic: true))
                #expect(try await store.topicCounts() == TopicCounts(total: 3, publicTopics: 2))
                _ = try await store.deleteTopic(.named("a"))
                #expect(try await store.topicCounts() == TopicCounts(total: 2, publicTopics: 1))
            }
        },
        ContractCase("deletion takes messages and grants, and leaves bounds that tell old cursors of the gap") {
            under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                _ = try await store.addGrant(.to("u"), to: .named("t"))
                let ids = try await store.append(["a", "b", "c"], at: 100, to: .named("t"))
                let left = try await store.deleteTopic(.named("t"))
                #expect(left?.ends == StreamBounds(last: ids[2], trimmedThrough: ids[2], count: 0))
                #expect(try await store.bounds(of: .named("t")) == left)
                #expect(try await store.read(.named("t")).messages.isEmpty)
                #expect(try await store.topic(.named("t")) == nil)
                #expect(try await store.deleteTopic(.named("t")) == nil)
                #expect(try await store.topics(of: UserID("u")).isEmpty)
                let again = try await store.createTopic(.of(.named("t"), id: "t2"))
                #expect(again.isNew && again.topic.grants.isEmpty && again.topic.bounds.ends == left?.ends)
                let next = try await store.append(["d"], at: 1, to: .named("t"))
                #expect(next[0] > ids[2])
                #expect(try await store.read(.named("t")).texts == ["d"])
            }
        },
        ContractCase("a deletion takes the messages of the parts that are named along, and those of no other topic") {
            under in
            try await under.withStore { store in
                for name in ["t", "pulse/t"] {
                    let (part, other) = (TopicKey.named("presence/\(name)"), TopicKey.named("presence/\(name)2"))
                    _ = try await store.createTopic(.of(.named(name)))
                    let ids = try await store.append(["a", "b"], to: part)
                    try await store.append(["c"], to: other)
                    let before = try await store.bounds(of: part)
                    #expect(try await store.deleteTopic(.named("gone"), erasing: [part]) == nil)
                    #expect(try await store.read(part).texts == ["a", "b"])
                    #expect(try await store.deleteTopic(.named(name), erasing: [part, .named("presence/none")]) != nil)
                    let left = try await store.bounds(of: part)
                    #expect(left.ends == StreamBounds(last: ids[1], trimmedThrough: ids[1], count: 0))
                    #expect(left.epoch != before.epoch)
                    #expect(try await store.read(part).messages.isEmpty)
                    #expect(try await store.read(other).texts == ["c"])
                    let next = try await store.append(["d"], at: -9, to: part)
                    #expect(next[0] > ids[1])
                }
            }
        },
        ContractCase("the deletion of a topic without messages leaves empty bounds") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                #expect(try await store.deleteTopic(.named("t")) == StreamBounds())
            }
        },
        ContractCase("a new topic does not show what was stored under its key before") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                _ = try await store.deleteTopic(.named("t"))
                let late = try await store.append(["late"], to: .named("t"))
                let topic = try await store.createTopic(.of(.named("t"), owner: "other")).topic
                #expect(topic.bounds.ends == StreamBounds(last: late[0], trimmedThrough: late[0], count: 0))
                #expect(try await store.read(.named("t")).messages.isEmpty)
            }
        },
        ContractCase("a deleted topic stays gone over sweeps and later appends") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                try await store.append((0..<1500).map { .text("\($0)", ttl: $0 % 3 == 0 ? 1 : nil) }, to: .named("t"))
                let left = try await store.deleteTopic(.named("t"))
                _ = try await store.sweep(at: .at(60), retention: Retention(maxAgeSeconds: 30))
                #expect(try await store.bounds(of: .named("t")) == left)
                try await store.append(["x"], at: 60, to: .named("t"))
                #expect(try await store.bounds(of: .named("t")).count == 1)
                #expect(try await store.read(.named("t"), .backward(before: nil)).texts == ["x"])
            }
        },
        ContractCase("lists are ordered by key, and pages continue after a key") { under in
            try await under.withStore { store in
                let keys: [TopicKey] = [
                    .named("b"), .named("a"), .named("B"), .named("a", in: "u"), .named("a-1"), .named("_a"),
                ]
                for key in keys { _ = try await store.createTopic(.of(key)) }
                let ordered = keys.sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
                let all = try await store.topics(after: nil, limit: 100)
                #expect(all.map(\.record.key) == ordered)
                #expect(try await store.topics(after: nil, limit: 2).map(\.record.key) == Array(ordered[..<2]))
                let rest = try await store.topics(after: ordered[1], limit: 3)
                #expect(rest.map(\.record.key) == Array(ordered[2..<5]))
                #expect(try await store.topics(after: .named("a-0"), limit: 1).map(\.record.key) == [.named("a-1")])
                #expect(try await store.topics(after: ordered[5], limit: 3).isEmpty)
                #expect(try await store.topics(after: nil, limit: 0).isEmpty)
                #expect(try await store.topicNames(ownedBy: UserID("owner")) == ["B", "_a", "a", "a", "a-1", "b"])
                #expect(try await store.topicNames(ownedBy: UserID("nobody")).isEmpty)
            }
        },
        ContractCase("a user's topics and names come in pages, in the order of the whole list") { under in
            try await under.withStore { store in
                for name in ["b", "a", "d", "c", "x"] {
                    _ = try await store.createTopic(.of(.named(name), owner: name == "x" || name == "c" ? "v" : "u"))
                }
                _ = try await store.addGrant(.to("u"), to: .named("c"))
                var pages: [[String]] = []
                var last: TopicKey?
                repeat {
                    let page = try await store.topics(of: UserID("u"), after: last, limit: 2)
                    pages.append(page.map(\.record.key.name.rawValue))
                    last = page.last?.record.key
                } while last != nil
                #expect(pages == [["a", "b"], ["c", "d"], []])
                #expect(try await store.topics(of: UserID("u"), after: nil, limit: 0).isEmpty)
                #expect(try await store.topicNames(ownedBy: UserID("u"), limit: 2) == ["a", "b"])
            }
        },
        ContractCase("pages of a user's topics go on over thousands, some granted, as others come and go") { under in
            try await under.withStore { store in
                let names = (0..<1_300).map { "t\($0)" }
                for name in names {
                    _ = try await store.createTopic(.of(.named(name), owner: name.hasSuffix("7") ? "v" : "u"))
                }
                for name in names where name.hasSuffix("7") || name.hasSuffix("8") {
                    _ = try await store.addGrant(.to("u"), to: .named(name))
                }
                for name in names where name.hasSuffix("3") { _ = try await store.deleteTopic(.named(name)) }
                _ = try await store.removeGrant(of: UserID("u"), from: .named("t17"))
                let wanted = names.filter { !$0.hasSuffix("3") && $0 != "t17" }.sorted()
                var found: [String] = []
                var last: TopicKey?
                repeat {
                    let page = try await store.topics(of: UserID("u"), after: last, limit: 200)
                    found += page.map(\.record.key.name.rawValue)
                    last = page.last?.record.key
                } while last != nil
                #expect(found == wanted)
                let owned = wanted.filter { !$0.hasSuffix("7") }
                #expect(try await store.topicNames(ownedBy: UserID("u"), limit: 900) == Array(owned.prefix(900)))
            }
        },
        ContractCase("a user has no more topics than its quota, and deleting one makes room") { under in
            try await under.withStore { store in
                let quota = TopicQuota(maxPerUser: 3, maxInAll: 100)
                for name in ["a", "b", "c"] { _ = try await store.createTopic(.of(.named(name), owner: "u")) }
                Self.expectRefusal(.ofUser, try await store.createTopic(.of(.named("d"), owner: "u"), within: quota))
                #expect(try await store.topic(.named("d")) == nil)
                guard case .existed = try await store.createTopic(.of(.named("a"), owner: "u"), within: quota) else {
                    Issue.record("a topic that is there needs no room")
                    return
                }
                guard case .created = try await store.createTopic(.of(.named("o"), owner: "v"), within: quota) else {
                    Issue.record("another's topics take no room")
                    return
                }
                _ = try await store.deleteTopic(.named("b"))
                guard case .created = try await store.createTopic(.of(.named("d"), owner: "u"), within: quota) else {
                    Issue.record("the deleted topic still takes room")
                    return
                }
                Self.expectRefusal(.ofUser, try await store.createTopic(.of(.named("e"), owner: "u"), within: quota))
            }
        },
        ContractCase("the quotas count plain topics whose names are paths with all others") { under in
            try await under.withStore { store in
                func refusal(_ name: String, _ owner: String, _ quota: TopicQuota) async throws -> TopicCreation {
                    try await store.createTopic(.of(.named(name), owner: owner), within: quota)
                }
                let quota = TopicQuota(maxPerUser: 2, maxInAll: 3)
                for name in ["a", "pulse/b"] {
                    guard case .created = try await refusal(name, "u", quota) else {
                        Issue.record("\(name) was not created")
                        return
                    }
                }
                Self.expectRefusal(.ofUser, try await refusal("pulse/c", "u", quota))
                Self.expectRefusal(.ofUser, try await refusal("d", "u", quota))
                guard case .created = try await refusal("e", "v", quota) else {
                    Issue.record("e was not created")
                    return
                }
                Self.expectRefusal(.inAll, try await refusal("pulse/f", "w", quota))
            }
        },
        ContractCase("there are no more topics in all than the quota") { under in
            try await under.withStore { store in
                let quota = TopicQuota(maxPerUser: 100, maxInAll: 3)
                for name in ["a", "b", "c"] { _ = try await store.createTopic(.of(.named(name), owner: name)) }
                Self.expectRefusal(.inAll, try await store.createTopic(.of(.named("d"), owner: "d"), within: quota))
                _ = try await store.deleteTopic(.named("a"))
                guard case .created = try await store.createTopic(.of(.named("d"), owner: "d"), within: quota) else {
                    Issue.record("the deleted topic still takes room")
                    return
                }
            }
        },
        ContractCase("one writer who makes topics as fast as it can gets its quota and no more") { under in
            try await under.withStore { store in
                let quota = TopicQuota(maxPerUser: 40, maxInAll: 1_000)
                let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<200 {
                        group.addTask {
                            let record = TopicRecord.of(.named("flood-\(index)"), owner: "u")
                            guard case .created = try await store.createTopic(record, within: quota) else {
                                return false
                            }
                            return true
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(created == 40)
                #expect(try await store.topicCounts().total == 40)
                #expect(try await store.topicNames(ownedBy: UserID("u"), limit: 100).count == 40)
            }
        },
        ContractCase("quotas count topics from before the store was opened") { under in
            try await under.withReopening { store in
                for name in ["a", "b"] { _ = try await store.createTopic(.of(.named(name), owner: "u")) }
            } after: { store, _ in
                let quota = TopicQuota(maxPerUser: 2, maxInAll: 9)
                Self.expectRefusal(.ofUser, try await store.createTopic(.of(.named("c"), owner: "u"), within: quota))
            }
        },
        ContractCase("topics and grants survive reopening") { under in
            try await under.withReopening { store in
                _ = try await store.createTopic(.of(.named("t")))
                _ = try await store.updateTopic(.named("t"), TopicChanges(durability: .own(.memory)))
                _ = try await store.addGrant(.to("u", at: 7), to: .named("t"))
                _ = try await store.createTopic(.of(.named("gone")))
                let ids = try await store.append(["a"], at: 900, to: .named("gone"))
                _ = try await store.deleteTopic(.named("gone"))
                return (try await store.topics(after: nil, limit: 9), ids[0])
            } after: { store, before in
                #expect(try await store.topics(after: nil, limit: 9) == before.0)
                #expect(before.0.first?.grants == [.to("u", at: 7)])
                #expect(before.0.first?.record.durability == .memory)
                _ = try await store.createTopic(.of(.named("gone")))
                #expect(try await store.append(["b"], at: 0, to: .named("gone"))[0] > before.1)
            }
        },
    ]

    private static func expectRefusal(
        _ bound: TopicQuota.Bound,
        _ creation: TopicCreation,
        _ location: SourceLocation = #_sourceLocation
    ) {
        guard case .refused(bound) = creation else {
            Issue.record("\(creation) instead of a refusal", sourceLocation: location)
            return
        }
    }

    static let grantCases: [ContractCase] = [
        ContractCase("a topic has no more grants than may be, and taking one back makes room") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                for user in ["a", "b"] {
                    #expect(try await store.addGrant(.to(user), to: .named("t"), limit: 2) == .added)
                }
                #expect(try await store.addGrant(.to("c"), to: .named("t"), limit: 2) == .refused)
                #expect(try await store.addGrant(.to("a"), to: .named("t"), limit: 2) == .unchanged)
                #expect(try await store.addGrant(.to("a"), to: .named("gone"), limit: 2) == .unchanged)
                #expect(try await store.topic(.named("t"))?.grants == [.to("a"), .to("b")])
                _ = try await store.removeGrant(of: UserID("a"), from: .named("t"))
                #expect(try await store.addGrant(.to("c"), to: .named("t"), limit: 2) == .added)
            }
        },
        ContractCase("a grant is given once, keeps its date, and is listed by user id") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                for user in ["c", "a", "b"] { #expect(try await store.addGrant(.to(user, at: 1), to: .named("t"))) }
                #expect(try await store.addGrant(.to("a", at: 2), to: .named("t")) == false)
                #expect(try await store.addGrant(.to("a"), to: .named("gone")) == false)
                let grants = try await store.topic(.named("t"))?.grants
                #expect(grants == [.to("a", at: 1), .to("b", at: 1), .to("c", at: 1)])
                #expect(try await store.removeGrant(of: UserID("b"), from: .named("t")))
                #expect(try await store.removeGrant(of: UserID("b"), from: .named("t")) == false)
                #expect(try await store.removeGrant(of: UserID("a"), from: .named("gone")) == false)
                #expect(try await store.topic(.named("t"))?.grants == [.to("a", at: 1), .to("c", at: 1)])
            }
        },
        ContractCase("grants on a topic whose name is a path are like others, and end with it") { under in
            try await under.withStore { store in
                let key = TopicKey.named("document/d")
                #expect(try await store.addGrant(.to("a"), to: key) == false)
                _ = try await store.createTopic(.of(key, id: "one"))
                _ = try await store.createTopic(.of(.named("plain")))
                for user in ["b", "a"] { #expect(try await store.addGrant(.to(user, at: 1), to: key)) }
                #expect(try await store.addGrant(.to("a", at: 2), to: key) == false)
                #expect(try await store.addGrant(.to("c"), to: key, limit: 2) == .refused)
                #expect(try await store.addGrant(.to("a"), to: .named("plain")))
                #expect(try await store.topic(key)?.grants == [.to("a", at: 1), .to("b", at: 1)])
                let changed = try await store.updateTopic(key, TopicChanges(isPublic: true))
                #expect(changed?.grants == [.to("a", at: 1), .to("b", at: 1)])
                let topics = try await store.topics(of: UserID("a")).map(\.record.key.name.rawValue)
                #expect(topics == ["document/d", "plain"])
                #expect(try await store.removeGrant(of: UserID("b"), from: key))
                #expect(try await store.removeGrant(of: UserID("b"), from: key) == false)
                #expect(try await store.topics(of: UserID("b")).isEmpty)
                _ = try await store.createUser(.of("a"))
                _ = try await store.addGrant(.to("c"), to: key)
                _ = try await store.deleteUser(UserID("a"))
                #expect(try await store.topic(key)?.grants == [.to("c")])
                _ = try await store.deleteTopic(key)
                #expect(try await store.topics(of: UserID("c")).isEmpty)
                let again = try await store.createTopic(.of(key, id: "two"))
                #expect(again.topic.grants.isEmpty)
                #expect(try await store.topic(key)?.grants == [])
                #expect(try await store.addGrant(.to("c", at: 3), to: key))
                #expect(try await store.topic(key)?.grants == [.to("c", at: 3)])
            }
        },
        ContractCase("a user's topics are those it owns or has a grant on, each once") { under in
            try await under.withStore { store in
                for (name, owner) in [("d", "u"), ("a", "u"), ("c", "v"), ("b", "v"), ("e", "v")] {
                    _ = try await store.createTopic(.of(.named(name), owner: owner))
                }
                for name in ["c", "a", "b"] { _ = try await store.addGrant(.to("u"), to: .named(name)) }
                _ = try await store.removeGrant(of: UserID("u"), from: .named("b"))
                let topics = try await store.topics(of: UserID("u"))
                #expect(topics.map(\.record.key.name.rawValue) == ["a", "c", "d"])
                #expect(topics[1].grants == [.to("u")])
                #expect(try await store.topics(of: UserID("nobody")).isEmpty)
            }
        },
    ]
}
