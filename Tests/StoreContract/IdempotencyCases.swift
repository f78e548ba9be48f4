import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let idempotencyCases: [ContractCase] = [
        ContractCase("a marked draft is stored once, and its repeat gets the first receipt") { under in
            try await under.withStore { store in
                let first = try await store.append([.text("a", at: 1, mark: .key("k"))], to: .named("t"))
                let again = try await store.append([.text("b", at: 2, mark: .key("k"))], to: .named("t"))
                #expect(again.stored == [StoredDraft(id: first.stored[0].id, timestamp: .at(1), isRepeat: true)])
                #expect(again.bounds == first.bounds)
                #expect(try await store.read(.named("t")).texts == ["a"])
            }
        },
        ContractCase("a repeat within one batch is a repeat, and its neighbours are stored") { under in
            try await under.withStore { store in
                let drafts: [Draft] = [
                    .text("a"), .text("b", mark: .key("k")), .text("c", mark: .key("k")), .text("d"),
                ]
                let receipt = try await store.append(drafts, to: .named("t"))
                #expect(receipt.stored.map(\.isRepeat) == [false, false, true, false])
                #expect(receipt.stored[2].id == receipt.stored[1].id)
                #expect(receipt.bounds.count == 3)
                #expect(try await store.read(.named("t")).texts == ["a", "b", "d"])
            }
        },
        ContractCase("a retry of a bulk stores only what was not stored") { under in
            try await under.withStore { store in
                let marks = (0..<4).map { IdempotencyMark.key("k", $0, of: 4, route: "bulk") }
                try await store.append([.text("2", mark: marks[2]), .text("0", mark: marks[0])], to: .named("t"))
                let retry = try await store.append(marks.map { .text("\($0.index)", mark: $0) }, to: .named("t"))
                #expect(retry.stored.map(\.isRepeat) == [true, false, true, false])
                #expect(try await store.read(.named("t")).texts == ["2", "0", "1", "3"])
            }
        },
        ContractCase("a key counts for all topics, and separately for each user and route") { under in
            try await under.withStore { store in
                let first = try await store.append([.text("a", mark: .key("k"))], to: .named("t"))
                let elsewhere = try await store.append([.text("b", mark: .key("k"))], to: .named("other"))
                #expect(elsewhere.stored[0].id == first.stored[0].id && elsewhere.stored[0].isRepeat)
                #expect(try await store.read(.named("other")).messages.isEmpty)
                let bulk = try await store.append([.text("c", mark: .key("k", route: "bulk"))], to: .named("t"))
                #expect(!bulk.stored[0].isRepeat)
                let user = IdempotencyKey(user: UserID("u2"), route: "single", value: "k")
                let mark = IdempotencyMark(key: user, index: 0, total: 1, expiresAt: .at(600))
                let other = try await store.append([.text("d", mark: mark)], to: .named("t"))
                #expect(!other.stored[0].isRepeat)
            }
        },
        ContractCase("keys are told apart by their bytes") { under in
            try await under.withStore { store in
                for key in ["café", "cafe\u{301}"] {
                    let receipt = try await store.append([.text(key, mark: .key(key))], to: .named("t"))
                    #expect(!receipt.stored[0].isRepeat)
                    #expect(
                        try await store.idempotencyEntries(for: IdempotencyMark.key(key).key, at: .at(1)).count == 1
                    )
                }
            }
        },
        ContractCase("a key is free again from the end of its window on") { under in
            try await under.withStore { store in
                try await store.append([.text("a", at: 0, mark: .key("k", until: 10))], to: .named("t"))
                let within = try await store.append(
                    [.text("b", at: 9.999, mark: .key("k", until: 19))],
                    to: .named("t")
                )
                #expect(within.stored[0].isRepeat)
                let after = try await store.append([.text("c", at: 10, mark: .key("k", until: 20))], to: .named("t"))
                #expect(!after.stored[0].isRepeat)
                _ = try await store.sweep(at: .at(15), retention: .unlimited)
                let anew = try await store.append([.text("d", at: 15, mark: .key("k", until: 25))], to: .named("t"))
                #expect(anew.stored[0] == StoredDraft(id: after.stored[0].id, timestamp: .at(10), isRepeat: true))
                #expect(try await store.read(.named("t"), at: 15).texts == ["a", "c"])
            }
        },
        ContractCase("what was stored under a key is listed by index until it expires") { under in
            try await under.withStore { store in
                let marks = [2, 0, 1].map { IdempotencyMark.key("k", $0, of: 3, until: $0 == 1 ? 5 : 600) }
                var entries: [IdempotencyEntry] = []
                for (index, mark) in marks.enumerated() {
                    let topic = TopicKey.named("t\(index)", in: index == 1 ? "u" : nil)
                    let stored = try await store.append([.text("x", mark: mark)], to: topic).stored[0]
                    entries.append(IdempotencyEntry(mark: mark, topic: topic, id: stored.id, timestamp: .at(0)))
                }
                let key = marks[0].key
                #expect(
                    try await store.idempotencyEntries(for: key, at: .at(1)) == [entries[1], entries[2], entries[0]]
                )
                #expect(try await store.idempotencyEntries(for: key, at: .at(5)) == [entries[1], entries[0]])
                #expect(try await store.idempotencyEntries(for: key, at: .at(600)).isEmpty)
                let free = IdempotencyMark.key("free").key
                #expect(try await store.idempotencyEntries(for: free, at: .at(1)).isEmpty)
            }
        },
        ContractCase("keys may hold any text") { under in
            try await under.withStore { store in
                for value in ["", "/", "a/b", "a\u{0}b", "a\u{0}c", "ø", "🐙"] {
                    let receipt = try await store.append([.text(value, mark: .key(value))], to: .named("t"))
                    #expect(!receipt.stored[0].isRepeat)
                    let again = try await store.append([.text(value, mark: .key(value))], to: .named("t"))
                    #expect(again.stored[0].isRepeat && again.stored[0].id == receipt.stored[0].id)
                }
            }
        },
        ContractCase("a repeat stays one when the message was trimmed or its topic deleted") { under in
            try await under.withStore { store in
                _ = try await store.createTopic(.of(.named("t")))
                let first = try await store.append([.text("a", mark: .key("k"))], to: .named("t"))
                try await store.append(["b"], to: .named("t"), .newest(1))
                _ = try await store.deleteTopic(.named("t"))
                let again = try await store.append([.text("a", mark: .key("k"))], to: .named("t"))
                #expect(again.stored[0].id == first.stored[0].id && again.stored[0].isRepeat)
            }
        },
        ContractCase("of concurrent attempts with one key on several topics one is stored") { under in
            try await under.withStore { store in
                let stored = try await withThrowingTaskGroup(of: StoredDraft.self) { group in
                    for index in 0..<16 {
                        group.addTask {
                            try await store.append([.text("x", mark: .key("k"))], to: .named("t\(index)")).stored[0]
                        }
                    }
                    return try await group.reduce(into: [StoredDraft]()) { $0.append($1) }
                }
                #expect(stored.count { !$0.isRepeat } == 1)
                #expect(Set(stored.map(\.id)).count == 1)
            }
        },
        ContractCase("marks survive reopening") { under in
            try await under.withReopening { store in
                try await store.append([.text("a", mark: .key("k"))], to: .named("t")).stored[0]
            } after: { store, first in
                let again = try await store.append([.text("b", mark: .key("k"))], to: .named("t")).stored[0]
                #expect(again == StoredDraft(id: first.id, timestamp: first.timestamp, isRepeat: true))
            }
        },
    ]
}
