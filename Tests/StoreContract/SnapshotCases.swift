import NIOCore
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let snapshotCases: [ContractCase] = [
        ContractCase("a forward read from before a snapshot begins with it, and one from behind it knows of nothing") {
            under in
            try await under.withStore { store in
                let ids = try await store.append((0..<10).map { "\($0)" }, to: .named("t"))
                let before = try await store.bounds(of: .named("t"))
                let put = try #require(try await store.put("S", at: ids[5], of: .named("t")))
                #expect(put.epoch == before.epoch && put.last == before.last)
                #expect(put.trimmedThrough == .zero && put.count == 5)
                #expect(try await store.bounds(of: .named("t")) == put)
                for cursor in [.zero, ids[0], ids[4]] {
                    let page = try await store.read(.named("t"), .forward(after: cursor))
                    #expect(page.texts == ["S", "6", "7", "8", "9"] && !page.hasMore && page.bounds == put)
                    #expect(page.ids == Array(ids[5...]))
                    #expect(page.messages.map(\.isSnapshot) == [true, false, false, false, false])
                    let one = try await store.read(.named("t"), .forward(after: cursor), messages: 1)
                    #expect(one.texts == ["S"] && one.hasMore)
                }
                #expect(try await store.read(.named("t"), .forward(after: ids[5])).texts == ["6", "7", "8", "9"])
                #expect(try await store.read(.named("t"), .forward(after: ids[8])).texts == ["9"])
                #expect(try await store.read(.named("t"), .forward(after: ids[9])).messages.isEmpty)
            }
        },
        ContractCase("a stretch that ends before a snapshot has the snapshot in its place, an empty one nothing") {
            under in
            try await under.withStore { store in
                let ids = try await store.append((0..<6).map { "\($0)" }, to: .named("t"))
                _ = try await store.put("S", at: ids[3], of: .named("t"))
                for (after, through) in [(MessageID.zero, ids[0]), (ids[0], ids[2]), (ids[1], ids[3])] {
                    let page = try await store.read(.named("t"), .forward(after: after, through: through))
                    #expect(page.texts == ["S"] && !page.hasMore)
                }
                let longer = try await store.read(.named("t"), .forward(after: ids[0], through: ids[4]))
                #expect(longer.texts == ["S", "4"] && !longer.hasMore)
                for (after, through) in [(ids[1], ids[1]), (ids[2], ids[1]), (ids[3], ids[3]), (.zero, .zero)] {
                    let page = try await store.read(.named("t"), .forward(after: after, through: through))
                    #expect(page.messages.isEmpty && !page.hasMore)
                }
            }
        },
        ContractCase("a backward read ends with the snapshot") { under in
            try await under.withStore { store in
                let ids = try await store.append((0..<6).map { "\($0)" }, to: .named("t"))
                _ = try await store.put("S", at: ids[3], of: .named("t"), keeping: 1000)
                let all = try await store.read(.named("t"), .backward(before: nil))
                #expect(all.texts == ["5", "4", "S"] && !all.hasMore)
                let some = try await store.read(.named("t"), .backward(before: ids[5]), messages: 1)
                #expect(some.texts == ["4"] && some.hasMore)
                let rest = try await store.read(.named("t"), .backward(before: ids[4]), messages: 1)
                #expect(rest.texts == ["S"] && !rest.hasMore)
                for end in [ids[3], ids[2], .zero] {
                    #expect(try await store.read(.named("t"), .backward(before: end)).messages.isEmpty)
                }
            }
        },
        ContractCase("a snapshot has its message's timestamp and sender, and bytes and format of its own") { under in
            try await under.withStore { store in
                let bytes = ByteBuffer(bytes: (0...255).map { UInt8($0) })
                var draft = Draft.text("{}", at: 3, ttl: 5)
                draft.sender = "s"
                draft.audience = .one("a")
                draft.metadata = ByteBuffer(string: "{}")
                let id = try await store.append([draft], to: .named("t")).stored[0].id
                for (format, topic) in [(PayloadFormat.binary, "t"), (.json, "u")] {
                    if topic == "u" { _ = try await store.append([draft], to: .named("u")) }
                    let end = try await store.bounds(of: .named(topic))
                    let snapshot = StreamSnapshot(
                        topic: .named(topic),
                        id: end.last,
                        payload: bytes,
                        format: format,
                        known: end,
                        retention: Retention(),
                        now: .at(4)
                    )
                    guard case .stored = try await store.putSnapshot(snapshot) else {
                        Issue.record("not stored")
                        return
                    }
                    // It has no ttl.
                    _ = try await store.sweep(at: .at(90), retention: Retention())
                    let message = try #require(try await store.read(.named(topic), at: 90).messages.first)
                    let expected = Message(
                        id: end.last,
                        timestamp: .at(3),
                        payload: bytes,
                        format: format,
                        metadata: nil,
                        expiresAt: nil,
                        sender: "s",
                        isSnapshot: true
                    )
                    #expect(message == expected)
                    #expect(try await store.bounds(of: .named(topic)).count == 1)
                }
                #expect(try await store.bounds(of: .named("t")).last == id)
            }
        },
        ContractCase("a snapshot of another epoch, of no message, or not behind the newest one is outdated") { under in
            try await under.withStore { store in
                #expect(try await store.put("S", at: MessageID(milliseconds: 1, sequence: 0), of: .named("t")) == nil)
                let ids = try await store.append((0..<9).map { "\($0)" }, to: .named("t"), .newest(7))
                let other = StreamBounds(epoch: .new(), last: ids[8])
                #expect(try await store.put("S", at: ids[5], of: .named("t"), knowing: other) == nil)
                #expect(try await store.put("S", at: ids[5], of: .named("t"), knowing: StreamBounds()) == nil)
                let beyond = MessageID(milliseconds: ids[8].milliseconds, sequence: ids[8].sequence + 1)
                for id in [.zero, ids[0], ids[1], beyond, .max] {
                    #expect(try await store.put("S", at: id, of: .named("t")) == nil)
                }
                #expect(try await store.read(.named("t")).texts == ["2", "3", "4", "5", "6", "7", "8"])
                #expect(try await store.put("S", at: ids[5], of: .named("t"), keeping: 1000) != nil)
                for id in [ids[3], ids[5]] { #expect(try await store.put("X", at: id, of: .named("t")) == nil) }
                #expect(try await store.read(.named("t")).texts == ["S", "6", "7", "8"])
                #expect(try await store.put("Z", at: ids[8], of: .named("t")) != nil)
                #expect(try await store.read(.named("t")).texts == ["Z"])
                #expect(try await store.bounds(of: .named("t")).trimmedThrough == ids[1])
            }
        },
        ContractCase("what is superseded is kept for as long as it should be, and read in its place on request") {
            under in
            try await under.withStore { store in
                var ids: [MessageID] = []
                for second in 0..<10 {
                    ids += try await store.append(["\(second)"], at: Double(second), to: .named("t"))
                }
                _ = try await store.put("A", at: ids[2], of: .named("t"), keeping: 60, at: 9)
                _ = try await store.put("B", at: ids[5], of: .named("t"), keeping: 60, at: 9)
                _ = try await store.put("C", at: ids[8], of: .named("t"), keeping: 60, at: 9)
                let all = ["0", "1", "A", "3", "4", "B", "6", "7", "C", "9"]
                let page = try await store.readAll(.named("t"))
                #expect(page.texts == all && page.ids == ids && page.bounds.count == 2 && !page.hasMore)
                #expect(page.messages.map(\.isSnapshot) == all.map { ["A", "B", "C"].contains($0) })
                #expect(try await store.readAll(.named("t"), .backward(before: nil)).texts == all.reversed())
                let stretch = try await store.readAll(
                    .named("t"),
                    .forward(after: ids[1], through: ids[6]),
                    messages: 4
                )
                #expect(stretch.texts == ["A", "3", "4", "B"] && stretch.hasMore)
                #expect(try await store.read(.named("t")).texts == ["C", "9"])
                let retention = Retention(maxMessages: .max, maxAgeSeconds: nil, maxSupersededAgeSeconds: 60)
                // No snapshot is that old.
                #expect(try await store.sweep(at: .at(62), retention: retention).isEmpty)
                #expect(try await store.readAll(.named("t")).texts == all)
                #expect(try await store.sweep(at: .at(63), retention: retention).isEmpty)
                #expect(try await store.readAll(.named("t")).texts == Array(all[2...]))
                #expect(try await store.sweep(at: .at(66), retention: retention).isEmpty)
                #expect(try await store.readAll(.named("t")).texts == Array(all[5...]))
                _ = try await store.put("D", at: ids[9], of: .named("t"), keeping: 60, at: 69)
                #expect(try await store.readAll(.named("t")).texts == ["C", "D"])
                _ = try await store.sweep(at: .at(999), retention: retention)
                #expect(try await store.readAll(.named("t")).texts == ["D"])
                let end = try await store.bounds(of: .named("t"))
                #expect(end.count == 1 && end.trimmedThrough == .zero && end.last == ids[9])
            }
        },
        ContractCase("where nothing superseded is kept it goes with the snapshot") { under in
            try await under.withStore { store in
                let ids = try await store.append((0..<6).map { "\($0)" }, at: 100, to: .named("t"))
                // Whatever the clock says.
                _ = try await store.put("A", at: ids[1], of: .named("t"), keeping: 0, at: 1)
                #expect(try await store.readAll(.named("t")).texts == ["A", "2", "3", "4", "5"])
                _ = try await store.put("B", at: ids[4], of: .named("t"), keeping: 0, at: 1)
                #expect(try await store.readAll(.named("t")).texts == ["B", "5"])
                try await store.append(["6"], at: 100, to: .named("t"))
                #expect(try await store.readAll(.named("t")).texts == ["B", "5", "6"])
            }
        },
        ContractCase("snapshots and what they stand for survive reopening") { under in
            try await under.withReopening { store in
                let ids = try await store.append((0..<6).map { "\($0)" }, to: .named("t"))
                _ = try await store.put("A", at: ids[1], of: .named("t"), keeping: 100)
                _ = try await store.put("B", at: ids[4], of: .named("t"), keeping: 100)
                return ids
            } after: { store, ids in
                #expect(try await store.read(.named("t")).texts == ["B", "5"])
                #expect(try await store.readAll(.named("t")).texts == ["0", "A", "2", "3", "B", "5"])
                #expect(try await store.bounds(of: .named("t")).count == 2)
                #expect(try await store.put("X", at: ids[3], of: .named("t")) == nil)
                let more = try await store.append([.text("6")], to: .named("t"), .newest(3))
                #expect(more.bounds.count == 3 && more.bounds.trimmedThrough == .zero)
                #expect(try await store.read(.named("t")).texts == ["B", "5", "6"])
            }
        },
        ContractCase("retention by count and age goes by what readers get, and takes all that is superseded") { under in
            try await under.withStore { store in
                let ids = try await store.append((0..<6).map { "\($0)" }, at: 0, to: .named("t"))
                _ = try await store.put("S", at: ids[3], of: .named("t"), keeping: 1000)
                let within = try await store.append([.text("6", at: 5)], to: .named("t"), .newest(4))
                #expect(within.bounds.count == 4 && within.bounds.trimmedThrough == .zero)
                #expect(try await store.readAll(.named("t")).messages.count == 7)
                let beyond = try await store.append([.text("7", at: 5)], to: .named("t"), .newest(4))
                #expect(beyond.bounds.count == 4 && beyond.bounds.trimmedThrough == ids[3])
                #expect(try await store.read(.named("t")).texts == ["4", "5", "6", "7"])
                #expect(try await store.readAll(.named("t")).texts == ["4", "5", "6", "7"])
                _ = try await store.put("T", at: ids[5], of: .named("t"), keeping: 1000)
                let retention = Retention(maxMessages: .max, maxAgeSeconds: 10, maxSupersededAgeSeconds: 1000)
                let trimmed = try await store.sweep(at: .at(12), retention: retention)
                #expect(trimmed[.named("t")]?.trimmedThrough == ids[5] && trimmed[.named("t")]?.count == 2)
                #expect(try await store.readAll(.named("t")).texts == ["6", "7"])
                #expect(try await store.put("U", at: beyond.stored[0].id, of: .named("t")) != nil)
                #expect(try await store.sweep(at: .at(99), retention: retention).isEmpty)
                #expect(try await store.readAll(.named("t")).texts == ["U"])
            }
        },
        ContractCase("messages whose time runs out go, before a snapshot and behind it") { under in
            try await under.withStore { store in
                let drafts = ["a", "b", "c", "d", "e", "f"].map { Draft.text($0, ttl: "be".contains($0) ? 10 : nil) }
                let ids = try await store.append(drafts, to: .named("t")).stored.map(\.id)
                _ = try await store.put("S", at: ids[3], of: .named("t"), keeping: 1000)
                #expect(try await store.readAll(.named("t"), at: 10).texts == ["a", "c", "S", "f"])
                #expect(try await store.read(.named("t"), at: 10).texts == ["S", "f"])
                let retention = Retention(maxMessages: .max, maxAgeSeconds: nil, maxSupersededAgeSeconds: 1000)
                _ = try await store.sweep(at: .at(10), retention: retention)
                #expect(try await store.readAll(.named("t")).texts == ["a", "c", "S", "f"])
                #expect(try await store.bounds(of: .named("t")).count == 2)
                #expect(try await store.append([.text("g", at: 10)], to: .named("t")).bounds.count == 3)
            }
        },
        ContractCase("a deletion takes snapshots and what they stand for, and so does what empties a stream") { under in
            try await under.withStore { store in
                let part = TopicKey.named("room/1/signal")
                let record = TopicRecord.room("1", state: "a")
                _ = try await store.transition(.create(record))
                _ = try await store.createTopic(.of(.named("t")))
                let keys = [TopicKey.named("t"), .named("u"), part, record.key]
                for key in keys {
                    let ids = try await store.append((0..<6).map { "\($0)" }, to: key)
                    for (text, index) in [("A", 1), ("B", 4)] {
                        #expect(try await store.put(text, at: ids[index], of: key, keeping: 1000) != nil)
                    }
                }
                let bounds = try await store.deleteTopic(.named("t"))
                #expect(bounds?.count == 0 && bounds?.trimmedThrough == bounds?.last)
                try await store.erase([.named("u")])
                _ = try await store.transition(.delete(record.key, from: 1, erasing: [part]))
                for key in keys {
                    #expect(try await store.readAll(key).messages.isEmpty)
                    #expect(try await store.read(key).messages.isEmpty)
                    let ids = try await store.append(["x", "y", "z"], to: key)
                    #expect(try await store.readAll(key).texts == ["x", "y", "z"])
                    #expect(try await store.put("N", at: ids[1], of: key, keeping: 1000)?.count == 2)
                    #expect(try await store.readAll(key).texts == ["x", "N", "z"])
                }
            }
        },
        ContractCase("a topic that is made anew has nothing of the snapshots before it") { under in
            try await under.withStore { store in
                let ids = try await store.append((0..<4).map { "\($0)" }, to: .named("t"))
                _ = try await store.put("A", at: ids[2], of: .named("t"), keeping: 1000)
                let batch = AppendBatch(topic: .named("t"), drafts: [.text("x")], retention: .unlimited)
                let first = try await store.createTopic(.of(.named("t")), within: .unlimited, appending: batch)
                guard case .created(let topic, _) = first else {
                    Issue.record("\(first)")
                    return
                }
                #expect(topic.bounds.count == 1)
                #expect(try await store.readAll(.named("t")).texts == ["x"])
            }
        },
        ContractCase("a snapshot is large, and the log that it stands for is long") { under in
            try await under.withStore { store in
                var ids: [MessageID] = []
                for _ in 0..<20 {
                    let drafts = (0..<250).map { Draft.text("\($0)") }
                    ids += try await store.append(drafts, to: .named("t")).stored.map(\.id)
                }
                let text = String(repeating: "s", count: 2 << 20)
                #expect(try await store.put(text, at: ids[4900], of: .named("t"))?.count == 100)
                let page = try await store.read(.named("t"), messages: 3)
                #expect(page.messages[0].payload == ByteBuffer(string: text) && page.messages.count == 3)
                #expect(page.hasMore && page.ids == Array(ids[4900..<4903]))
                #expect(try await store.read(.named("t"), messages: 3, bytes: 1000).messages.count == 1)
                #expect(try await store.readAll(.named("t")).messages.count == 100)
            }
        },
        ContractCase("messages that come while snapshots are made are neither lost nor shown twice") { under in
            try await under.withStore { store in
                let (topic, count) = (TopicKey.named("t"), 300)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 0..<count { try await store.append(["\(number)"], to: topic) }
                    }
                    group.addTask {
                        // Each is the number of the message that it stands for last.
                        var last = -1
                        while last < count - 1 {
                            let end = try await store.read(topic, .backward(before: nil), messages: 1)
                            guard let message = end.messages.first, !message.isSnapshot else {
                                await Task.yield()
                                continue
                            }
                            last = Int(String(buffer: message.payload)) ?? count
                            _ = try await store.put("\(last)", at: message.id, of: topic)
                        }
                    }
                    group.addTask {
                        var (cursor, next) = (MessageID.zero, 0)
                        while next < count {
                            for message in try await store.read(topic, .forward(after: cursor), messages: 7).messages {
                                let number = Int(String(buffer: message.payload)) ?? -1
                                #expect(message.isSnapshot ? number >= next : number == next)
                                (cursor, next) = (message.id, number + 1)
                            }
                            await Task.yield()
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await store.readAll(topic).texts == ["\(count - 1)"])
                #expect(try await store.bounds(of: topic).count == 1)
            }
        },
    ]
}

extension MessageStore {
    /// - Parameters:
    ///   - seconds: for how long what is superseded is kept.
    ///   - known: nil for what the store has.
    /// - Returns: nil where it is outdated.
    func put(
        _ text: String,
        at id: MessageID,
        of topic: TopicKey,
        keeping seconds: Int64 = 0,
        at now: Double = 0,
        knowing known: StreamBounds? = nil
    ) async throws -> StreamBounds? {
        var bounds = known
        if bounds == nil { bounds = try await self.bounds(of: topic) }
        let snapshot = StreamSnapshot(
            topic: topic,
            id: id,
            payload: ByteBuffer(string: text),
            format: .binary,
            known: bounds ?? StreamBounds(),
            retention: Retention(maxMessages: .max, maxAgeSeconds: nil, maxSupersededAgeSeconds: seconds),
            now: .at(now)
        )
        switch try await self.putSnapshot(snapshot) {
        case .stored(let bounds): return bounds
        case .outdated: return nil
        }
    }

    /// With what is superseded.
    func readAll(
        _ topic: TopicKey,
        _ range: ReadRequest.Range = .forward(after: .zero),
        messages: Int = 1000,
        bytes: Int = .max,
        at seconds: Double = 0
    ) async throws -> StoredPage {
        try await self.read(topic, range, messages: messages, bytes: bytes, at: seconds, includesSuperseded: true)
    }
}
