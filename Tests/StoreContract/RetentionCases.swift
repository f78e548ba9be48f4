import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let retentionCases: [ContractCase] = [
        ContractCase("an append trims to the number exactly, and says through which id") { under in
            try await under.withStore { store in
                var ids: [MessageID] = []
                for index in 0..<700 {
                    let receipt = try await store.append([.text("\(index)")], to: .named("t"), .newest(10))
                    ids.append(receipt.stored[0].id)
                    let trimmed = index < 10 ? .zero : ids[index - 10]
                    let kept = StreamBounds(last: ids[index], trimmedThrough: trimmed, count: min(10, index + 1))
                    #expect(receipt.bounds.ends == kept)
                }
                let page = try await store.read(.named("t"), .backward(before: nil))
                #expect(page.ids == ids.suffix(10).reversed() && !page.hasMore)
                #expect(try await store.read(.named("t"), .forward(after: ids[3])).ids == ids.suffix(10))
            }
        },
        ContractCase("of a batch longer than the limit the newest stay") { under in
            try await under.withStore { store in
                let drafts = (0..<300).map { Draft.text("\($0)") }
                let receipt = try await store.append(drafts, to: .named("t"), .newest(3))
                #expect(receipt.bounds.count == 3)
                #expect(receipt.bounds.trimmedThrough == receipt.stored[296].id)
                #expect(try await store.read(.named("t")).texts == ["297", "298", "299"])
            }
        },
        ContractCase("a limit that was lowered or raised holds from the next append on") { under in
            try await under.withStore { store in
                try await store.append((0..<1000).map { .text("\($0)") }, to: .named("t"), .newest(1000))
                let lowered = try await store.append([.text("x")], to: .named("t"), .newest(2))
                #expect(lowered.bounds.count == 2)
                #expect(try await store.read(.named("t")).texts == ["999", "x"])
                let raised = try await store.append([.text("y"), .text("z")], to: .named("t"), .newest(3))
                #expect(raised.bounds.count == 3)
                #expect(try await store.read(.named("t")).texts == ["x", "y", "z"])
            }
        },
        ContractCase("a sweep trims what is too old, but never the newest message") { under in
            try await under.withStore { store in
                let old = try await store.append(["a", "b"], at: 0, to: .named("t"))
                try await store.append(["c"], at: 50, to: .named("t"))
                try await store.append(["lone"], at: 0, to: .named("u"))
                let retention = Retention(maxAgeSeconds: 100)
                #expect(try await store.sweep(at: .at(100), retention: retention).isEmpty)
                let trimmed = try await store.sweep(at: .at(101), retention: retention)
                #expect(trimmed == [.named("t"): try await store.bounds(of: .named("t"))])
                #expect(trimmed[.named("t")]?.trimmedThrough == old[1])
                #expect(trimmed[.named("t")]?.count == 1)
                #expect(try await store.read(.named("t")).texts == ["c"])
                #expect(try await store.sweep(at: .at(10_000_000), retention: retention).isEmpty)
                #expect(try await store.read(.named("t")).texts == ["c"])
                #expect(try await store.read(.named("u")).texts == ["lone"])
            }
        },
        ContractCase(
            "a sweep asks for each path how long its messages are kept, and keeps to the plain rule for all others"
        ) {
            under in
            try await under.withStore { store in
                let keys: [TopicKey] = ["t", "short/1", "short/1/part", "long/1", "never/1"].map { .named($0) }
                for key in keys {
                    for time in [0.0, 50, 90] { try await store.append(["\(Int(time))"], at: time, to: key) }
                }
                let ages: [String: Int64?] = ["short": 5, "long": 200, "never": nil]
                let rule = RetentionRule(
                    plain: Retention(maxAgeSeconds: 60),
                    paths: ages.values.map { Retention(maxAgeSeconds: $0) },
                    ofPath: { name in
                        let age = ages[String(name.rawValue.prefix { $0 != "/" })] ?? nil
                        return Retention(maxAgeSeconds: age)
                    }
                )
                let trimmed = try await store.sweep(at: .at(100), retention: rule)
                #expect(Set(trimmed.keys) == Set(keys[..<3]))
                var left: [[String]] = []
                for key in keys { left.append(try await store.read(key).texts) }
                #expect(left == [["50", "90"], ["90"], ["90"], ["0", "50", "90"], ["0", "50", "90"]])
                let all = RetentionRule(plain: .unlimited, paths: [Retention(maxAgeSeconds: 20)]) { _ in
                    Retention(maxAgeSeconds: 20)
                }
                #expect(Set(try await store.sweep(at: .at(100), retention: all).keys) == Set(keys[3...]))
                #expect(try await store.read(keys[0]).texts == ["50", "90"])
            }
        },
        ContractCase("messages of a hot stream come as others do, and are swept by their age") { under in
            try await under.withStore { store in
                let key = TopicKey.named("room/1/hot")
                var ids: [MessageID] = []
                for time in [0.0, 10, 20] {
                    let batch = AppendBatch(
                        topic: key,
                        drafts: [.text("a", at: time), .text("b", at: time, ttl: 99)],
                        retention: Retention(maxMessages: 5, maxAgeSeconds: 15),
                        durability: store.durability,
                        tier: .hot
                    )
                    ids += try await store.append(batch).stored.map(\.id)
                }
                #expect(ids.isStrictlyIncreasing)
                #expect(try await store.read(key).ids == ids.suffix(5))
                let trimmed = try await store.sweep(at: .at(30), retention: Retention(maxAgeSeconds: 15))
                #expect(trimmed[key]?.trimmedThrough == ids[3] && trimmed[key]?.count == 2)
                #expect(try await store.read(key).ids == ids.suffix(2))
                let next = try await store.append([.text("c", at: 30)], to: key)
                #expect(next.bounds.count == 3 && next.bounds.epoch == trimmed[key]?.epoch)
            }
        },
        ContractCase("a sweep by age takes thousands of messages, and leaves all where age doesn't count") { under in
            try await under.withStore { store in
                try await store.append((0..<3000).map { .text("\($0)", at: Double($0)) }, to: .named("t"))
                #expect(try await store.sweep(at: .at(90_000), retention: .unlimited).isEmpty)
                #expect(try await store.bounds(of: .named("t")).count == 3000)
                let trimmed = try await store.sweep(at: .at(2500), retention: Retention(maxAgeSeconds: 1))
                #expect(trimmed[.named("t")]?.count == 501)
                #expect(try await store.read(.named("t"), messages: 1).texts == ["2499"])
            }
        },
        ContractCase("a sweep removes expired messages, the newest too, and calls that no trimming") { under in
            try await under.withStore { store in
                try await store.append(
                    [.text("a"), .text("b", ttl: 5), .text("c", ttl: 99), .text("d", ttl: 5)],
                    to: .named("t")
                )
                let before = try await store.bounds(of: .named("t"))
                #expect(try await store.sweep(at: .at(5), retention: .unlimited).isEmpty)
                let after = try await store.bounds(of: .named("t"))
                #expect(after.ends == StreamBounds(last: before.last, trimmedThrough: .zero, count: 2))
                #expect(try await store.read(.named("t")).texts == ["a", "c"])
                let next = try await store.append(["e"], at: -5, to: .named("t"))
                #expect(next[0] > before.last)
                #expect(try await store.read(.named("t")).texts == ["a", "c", "e"])
            }
        },
        ContractCase("the newest message that is left after expiry is not trimmed by age") { under in
            try await under.withStore { store in
                try await store.append([.text("a"), .text("b"), .text("c", ttl: 5)], to: .named("t"))
                let trimmed = try await store.sweep(at: .at(1000), retention: Retention(maxAgeSeconds: 10))
                #expect(trimmed[.named("t")]?.count == 1)
                #expect(try await store.read(.named("t"), at: 1000).texts == ["b"])
            }
        },
        ContractCase("trimming by number goes on after a sweep took some of the oldest") { under in
            try await under.withStore { store in
                for index in 0..<20 {
                    let draft = Draft.text("\(index)", ttl: index % 2 == 0 ? 5 : nil)
                    try await store.append([draft], to: .named("t"), .newest(12))
                }
                _ = try await store.sweep(at: .at(5), retention: .unlimited)
                #expect(try await store.bounds(of: .named("t")).count == 6)
                for index in 20..<30 { try await store.append(["\(index)"], to: .named("t"), .newest(12)) }
                let page = try await store.read(.named("t"))
                #expect(page.texts == ["17", "19"] + (20..<30).map { "\($0)" })
                #expect(page.bounds.count == 12)
            }
        },
    ]
}
