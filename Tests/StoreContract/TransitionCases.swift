import NIOCore
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let transitionCases: [ContractCase] = [
        ContractCase("a transition creates a topic with its state and first messages, and all of it comes back") {
            under in
            try await under.withStore { store in
                let record = TopicRecord.room("1", state: "é\u{0}\n🐙")
                let outcome = try await store.transition(.create(record, telling: ["a", "b"]))
                let (topic, receipt) = try #require(outcome.changed)
                #expect(topic.record == record && topic.grants.isEmpty)
                #expect(receipt?.stored.count == 2 && receipt?.bounds == topic.bounds && topic.bounds.count == 2)
                #expect(try await store.topic(record.key) == topic)
                #expect(try await store.topicAndBounds(record.key).topic == topic)
                #expect(try await store.read(record.key).texts == ["a", "b"])
                #expect(try await store.topicCounts() == TopicCounts(total: 1, publicTopics: 0))
                #expect(try await store.topicNames(ownedBy: record.owner) == ["room/1"])
                #expect(try await store.topics(of: record.owner) == [topic])
                #expect(try await store.topics(after: nil, limit: 9) == [topic])
                #expect(try await store.topics(ofKind: "room", after: nil, limit: 9) == [topic])
                #expect(try await store.topics(ofKind: "stream", after: nil, limit: 9).isEmpty)
            }
        },
        ContractCase("a transition of a revision that is another by now stores nothing, and says what there is") {
            under in
            try await under.withStore { store in
                let record = TopicRecord.room("1", state: "a")
                #expect(try await store.transition(.change(record, from: 1, telling: ["x"])).conflict == .some(nil))
                #expect(try await store.transition(.delete(record.key, from: 1)).conflict == .some(nil))
                let known = try await store.transition(.create(record)).changed?.0
                for transition in [
                    TopicTransition.create(.room("1", owner: "other", state: "b"), telling: ["x"]),
                    .change(.room("1", state: "b", revision: 3), from: 2, telling: ["x"]),
                    .change(.room("1", state: "b", revision: 1), from: 0, telling: ["x"]),
                    .delete(record.key, from: 2, erasing: [record.key]),
                ] {
                    #expect(try await store.transition(transition).conflict == .some(known))
                }
                #expect(try await store.topic(record.key) == known && known?.record == record)
                #expect(try await store.read(record.key).texts.isEmpty)
                #expect(try await store.topicNames(ownedBy: UserID("other")).isEmpty)
                #expect(try await store.topics(ofKind: "room", after: nil, limit: 9).count == 1)
            }
        },
        ContractCase("a transition changes the state and nothing else, with or without messages") { under in
            try await under.withStore { store in
                let record = TopicRecord.room("1", state: "a")
                let first = try #require(try await store.transition(.create(record, telling: ["1"])).changed)
                let described = try await store.updateTopic(record.key, TopicChanges(isPublic: true, description: "d"))
                #expect(described?.record.description == "d" && described?.record.state == record.state)
                #expect(try await store.topicCounts().publicTopics == 1)
                let second = TopicRecord.room("1", state: "", revision: 2)
                let silent = try #require(try await store.transition(.change(second, from: 1)).changed)
                #expect(silent.1 == nil && silent.0.bounds == first.0.bounds)
                #expect(silent.0.record.state == second.state)
                #expect(silent.0.record.description == "d" && silent.0.record.isPublic)
                let large = String(repeating: "s", count: 300_000)
                let third = TopicRecord.room("1", state: large, revision: .max >> 1)
                let (topic, receipt) = try #require(
                    try await store.transition(.change(third, from: 2, telling: ["2", "3"])).changed
                )
                #expect(receipt?.bounds.epoch == first.0.bounds.epoch && topic.bounds.count == 3)
                #expect(try await store.topic(record.key) == topic && topic.record.state == third.state)
                #expect(try await store.read(record.key).texts == ["1", "2", "3"])
                #expect(try await store.transition(.change(second, from: 2)).conflict != nil)
            }
        },
        ContractCase("a deletion by transition takes messages and the streams of the parts, and ids go on") { under in
            try await under.withStore { store in
                let record = TopicRecord.room("1", state: "a")
                let (part, other) = (TopicKey.named("room/1/signal"), TopicKey.named("room/12/signal"))
                _ = try await store.transition(.create(record, telling: ["a"]))
                let old = try await store.append([.text("p", at: 9)], to: part)
                let last = try await store.append([.text("b", at: 9)], to: record.key)
                try await store.append(["q"], to: other)
                let gone = [part, .named("room/1/never")]
                let left = try await store.transition(.delete(record.key, from: 1, erasing: gone)).deleted
                #expect(left?.ends == StreamBounds(last: last.bounds.last, trimmedThrough: last.bounds.last, count: 0))
                #expect(try await store.bounds(of: record.key) == left && left?.epoch != last.bounds.epoch)
                let ended = try await store.bounds(of: part)
                #expect(ended.count == 0 && ended.trimmedThrough == old.bounds.last && ended.epoch != old.bounds.epoch)
                #expect(try await store.read(part).texts.isEmpty)
                #expect(try await store.read(other).texts == ["q"])
                #expect(try await store.bounds(of: .named("room/1/never")) == StreamBounds())
                #expect(try await store.topic(record.key) == nil)
                #expect(try await store.topicCounts().total == 0)
                #expect(try await store.topics(of: record.owner).isEmpty)
                #expect(try await store.topics(ofKind: "room", after: nil, limit: 9).isEmpty)
                #expect(try await store.transition(.delete(record.key, from: 1)).conflict == .some(nil))
                let again = try #require(try await store.transition(.create(record, telling: ["c"])).changed)
                #expect(again.1.map { $0.stored[0].id > last.bounds.last } == true && again.0.bounds.count == 1)
                #expect(try await store.read(record.key).texts == ["c"])
                let next = try await store.append(["r"], at: 1, to: part)
                #expect(next[0] > old.bounds.last)
            }
        },
        ContractCase(
            "the deletion of a topic that has a state is that transition, and one that had no messages leaves none"
        ) {
            under in
            try await under.withStore { store in
                _ = try await store.transition(.create(.room("1", state: "a")))
                #expect(try await store.deleteTopic(.named("room/1")) == StreamBounds())
                #expect(try await store.deleteTopic(.named("room/1")) == nil)
                _ = try await store.transition(.create(.room("1", state: "a"), telling: ["a"]))
                let left = try await store.deleteTopic(.named("room/1"))
                #expect(left?.count == 0 && left?.last != .zero)
                #expect(try await store.topics(ofKind: "room", after: nil, limit: 9).isEmpty)
            }
        },
        ContractCase("a topic that is created by transition shows nothing that was stored under its key before") {
            under in
            try await under.withStore { store in
                let late = try await store.append(["late"], at: 50, to: .named("room/1"))
                let outcome = try await store.transition(.create(.room("1", state: "a"), telling: ["new"]))
                #expect(outcome.changed?.1.map { $0.stored[0].id > late[0] } == true)
                #expect(try await store.read(.named("room/1")).texts == ["new"])
                let other = try await store.append(["late"], at: 50, to: .named("room/2"))
                let silent = try await store.transition(.create(.room("2", state: "a"))).changed?.0
                #expect(silent?.bounds.ends == StreamBounds(last: other[0], trimmedThrough: other[0], count: 0))
            }
        },
        ContractCase("the quota of a kind counts its own topics, each owner's and all") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("plain"), owner: "u"))
                let quota = TopicQuota(maxPerUser: 2, maxInAll: 3)
                func create(_ id: String, _ owner: String) async throws -> TransitionOutcome {
                    try await store.transition(
                        .create(.room(id, owner: owner, state: ""), telling: ["x"], within: quota)
                    )
                }
                for id in ["1", "2"] { #expect(try await create(id, "u").changed != nil) }
                #expect(try await create("3", "u").refused == .ofUser)
                #expect(try await create("1", "u").conflict != nil)
                #expect(try await create("4", "v").changed != nil)
                #expect(try await create("5", "w").refused == .inAll)
                #expect(try await store.bounds(of: .named("room/3")) == StreamBounds())
                #expect(try await store.topic(.named("room/5")) == nil)
                #expect(try await store.topics(of: UserID("w")).isEmpty)
                _ = try await store.transition(.delete(.named("room/1"), from: 1))
                #expect(try await create("3", "u").changed != nil)
                let lone = TopicRecord.room("9", owner: "x", kind: "hall", state: "")
                #expect(try await store.transition(.create(lone, within: quota)).changed != nil)
            }
        },
        ContractCase("a batch of a transition is trimmed to its retention") { under in
            try await under.withStore { store in
                let texts = (0..<30).map { "\($0)" }
                let first = try await store.transition(.create(.room("1", state: ""), telling: texts, keeping: 3))
                #expect(first.changed?.0.bounds.count == 3)
                let record = TopicRecord.room("1", state: "", revision: 2)
                let second = try await store.transition(.change(record, from: 1, telling: ["x"], keeping: 2))
                #expect(second.changed?.1?.bounds.count == 2)
                #expect(try await store.read(record.key).texts == ["29", "x"])
            }
        },
        ContractCase("topics of a kind come in pages, in the order of their keys") { under in
            try await under.withStore { store in
                for id in ["b", "a", "d", "c", "e"] { _ = try await store.transition(.create(.room(id, state: id))) }
                _ = try await store.transition(.create(.room("x", kind: "hall", state: "")))
                _ = try await store.transition(.delete(.named("room/d"), from: 1))
                var ids: [String] = []
                var last: TopicKey?
                repeat {
                    let page = try await store.topics(ofKind: "room", after: last, limit: 2)
                    #expect(page.count <= 2)
                    ids += page.compactMap { $0.record.state.map { String(buffer: $0.bytes) } }
                    last = page.last?.record.key
                } while last != nil
                #expect(ids == ["a", "b", "c", "e"])
            }
        },
        ContractCase("streams that are erased are empty, and others stay") { under in
            try await under.withStore { store in
                let keys: [TopicKey] = ["room/1/a", "room/1/b", "plain", "room/2/a"].map { .named($0) }
                for key in keys { try await store.append(["x", "y"], to: key) }
                try await store.erase(Array(keys[..<3]) + [.named("room/1/never")])
                for key in keys[..<3] {
                    let bounds = try await store.bounds(of: key)
                    #expect(bounds.count == 0 && bounds.trimmedThrough == bounds.last && bounds.last > .zero)
                    #expect(try await store.read(key).messages.isEmpty)
                    #expect(try await store.append(["z"], at: -9, to: key)[0] > bounds.last)
                }
                #expect(try await store.read(keys[3]).texts == ["x", "y"])
                try await store.erase([])
            }
        },
        ContractCase("topics with states survive reopening") { under in
            try await under.withReopening { store in
                _ = try await store.transition(.create(.room("1", state: "a"), telling: ["1"]))
                _ = try await store.transition(.create(.room("2", state: "b")))
                _ = try await store.transition(.change(.room("1", state: "c", revision: 2), from: 1, telling: ["2"]))
                return try await store.topics(ofKind: "room", after: nil, limit: 9)
            } after: { store, before in
                let now = try await store.topics(ofKind: "room", after: nil, limit: 9)
                #expect(now.count == 2 && now == before)
                #expect(try await store.read(.named("room/1")).texts == ["1", "2"])
                #expect(try await store.transition(.delete(.named("room/1"), from: 2)).deleted != nil)
                let quota = TopicQuota(maxPerUser: 1, maxInAll: 9)
                #expect(try await store.transition(.create(.room("3", state: ""), within: quota)).refused == .ofUser)
            }
        },
    ]
}

extension TopicRecord {
    static func room(
        _ id: String,
        owner: String = "owner",
        kind: String = "room",
        state: String,
        revision: UInt64 = 1
    ) -> TopicRecord {
        TopicRecord(
            id: "id-\(id)",
            key: .named("room/\(id)"),
            kind: kind,
            owner: UserID(owner),
            createdAt: .at(1),
            isPublic: false,
            description: nil,
            state: StoredState(bytes: ByteBuffer(string: state), revision: revision)
        )
    }
}

extension TopicTransition {
    static func create(
        _ record: TopicRecord,
        telling texts: [String] = [],
        within quota: TopicQuota = .unlimited,
        keeping limit: Int = .max
    ) -> TopicTransition {
        TopicTransition(
            key: record.key,
            expected: nil,
            record: record,
            batch: .telling(texts, record.key, limit),
            quota: quota
        )
    }

    static func change(
        _ record: TopicRecord,
        from revision: UInt64,
        telling texts: [String] = [],
        keeping limit: Int = .max
    ) -> TopicTransition {
        TopicTransition(
            key: record.key,
            expected: revision,
            record: record,
            batch: .telling(texts, record.key, limit)
        )
    }

    static func delete(_ key: TopicKey, from revision: UInt64, erasing: [TopicKey] = []) -> TopicTransition {
        TopicTransition(key: key, expected: revision, record: nil, erased: erasing)
    }
}

extension AppendBatch {
    /// - Returns: nil for no texts.
    fileprivate static func telling(_ texts: [String], _ topic: TopicKey, _ limit: Int) -> AppendBatch? {
        guard !texts.isEmpty else { return nil }
        return AppendBatch(topic: topic, drafts: texts.map { .text($0) }, retention: .newest(limit))
    }
}

extension TransitionOutcome {
    var changed: (StoredTopic, AppendReceipt?)? {
        if case .changed(let topic, let receipt) = self { (topic, receipt) } else { nil }
    }

    var deleted: StreamBounds? {
        if case .deleted(let bounds) = self { bounds } else { nil }
    }

    /// The outer nil for no conflict.
    var conflict: StoredTopic?? {
        if case .conflict(let topic) = self { .some(topic) } else { nil }
    }

    var refused: TopicQuota.Bound? {
        if case .refused(let bound) = self { bound } else { nil }
    }
}
