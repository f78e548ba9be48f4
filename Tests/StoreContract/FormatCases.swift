import NIOCore
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let formatCases: [ContractCase] = [
        ContractCase("a payload of any bytes comes back as it was, with its format") { under in
            try await under.withReopening { store in
                let receipt = try await store.append(Self.drafts, to: .named("t"))
                let expected = zip(Self.drafts, receipt.stored).map { $0.message(id: $1.id) }
                #expect(try await store.read(.named("t")).messages == expected)
                return expected
            } after: { store, expected in
                let page = try await store.read(.named("t"))
                #expect(page.messages == expected)
            }
            try await under.withStore { store in
                let receipt = try await store.append(Self.drafts, to: .named("t"))
                let expected = zip(Self.drafts, receipt.stored).map { $0.message(id: $1.id) }
                #expect(try await store.read(.named("t")).messages == expected)
                #expect(try await store.read(.named("t"), .backward(before: nil)).messages == expected.reversed())
                let page = try await store.read(.named("t"), messages: 1)
                #expect(page.messages.first?.format == .binary && page.messages.first?.isSnapshot == false)
            }
        },
        ContractCase("a topic's first messages, those of a transition and repeats have their format") { under in
            try await under.withStore { store in
                let batch = AppendBatch(topic: .named("t"), drafts: Self.drafts, retention: .unlimited)
                let first = try await store.createTopic(.of(.named("t")), within: .unlimited, appending: batch)
                guard case .created = first else {
                    Issue.record("\(first)")
                    return
                }
                #expect(try await store.read(.named("t")).messages.map(\.payload) == Self.drafts.map(\.payload))
                #expect(try await store.read(.named("t")).messages.map(\.format) == Self.drafts.map(\.format))

                let record = TopicRecord.room("1", state: "a")
                let telling = AppendBatch(topic: record.key, drafts: Self.drafts, retention: .unlimited)
                let transition = TopicTransition(key: record.key, expected: nil, record: record, batch: telling)
                _ = try await store.transition(transition)
                #expect(try await store.read(record.key).messages.map(\.payload) == Self.drafts.map(\.payload))
                #expect(try await store.read(record.key).messages.map(\.format) == Self.drafts.map(\.format))

                var marked = Self.drafts
                for index in marked.indices { marked[index].idempotency = .key("k", index, of: marked.count) }
                let once = try await store.append(marked, to: .named("u"))
                let again = try await store.append(marked, to: .named("u"))
                #expect(again.stored.map(\.id) == once.stored.map(\.id) && again.stored.allSatisfy(\.isRepeat))
                #expect(try await store.read(.named("u")).messages.map(\.format) == marked.map(\.format))
                #expect(try await store.read(.named("u")).messages.map(\.payload) == marked.map(\.payload))
            }
        },
        ContractCase("what people without a token may do is kept with a topic, and is nothing unless it was said") {
            under in
            try await under.withReopening { store in
                var record = TopicRecord.of(.named("w"))
                record.anonymous = .write
                #expect(try await store.createTopic(record).topic.record == record)
                #expect(try await store.createTopic(.of(.named("n"))).topic.record.anonymous == .none)
                let read = try await store.updateTopic(.named("n"), TopicChanges(anonymous: .read))
                #expect(read?.record.anonymous == .read)
                let described = try await store.updateTopic(.named("n"), TopicChanges(description: "d"))
                #expect(described?.record.anonymous == .read)
            } after: { store, _ in
                #expect(try await store.topic(.named("w"))?.record.anonymous == .write)
                #expect(try await store.topic(.named("n"))?.record.anonymous == .read)
                let topics = try await store.topics(after: nil, limit: 9)
                #expect(topics.map(\.record.anonymous) == [.read, .write])
                let none = try await store.updateTopic(.named("n"), TopicChanges(anonymous: AnonymousAccess.none))
                #expect(none?.record.anonymous == AnonymousAccess.none)
                #expect(try await store.topic(.named("n"))?.record.anonymous == AnonymousAccess.none)
            }
            try await under.withStore { store in
                var record = TopicRecord.room("1", state: "a")
                record.anonymous = .read
                let created = try await store.transition(.create(record)).changed?.0
                #expect(created?.record == record)
                let written = try await store.updateTopic(record.key, TopicChanges(anonymous: .write))
                #expect(written?.record.anonymous == .write)
                let second = TopicRecord.room("1", state: "b", revision: 2)
                let changed = try await store.transition(.change(second, from: 1)).changed?.0
                #expect(changed?.record.anonymous == .write)
                #expect(try await store.topic(record.key)?.record.anonymous == .write)
            }
        },
    ]

    /// Of all bytes, of none, and with all that may come along.
    private static let drafts: [Draft] = {
        let bytes = ByteBuffer(bytes: (0...255).map { UInt8($0) } + (0...255).reversed().map { UInt8($0) })
        let plain = Draft(timestamp: .at(0), payload: bytes, format: .binary)
        var full = plain
        full.metadata = ByteBuffer(string: #"{"a":"b"}"#)
        full.ttl = 60
        full.audience = .one("é")
        full.sender = "s"
        return [
            plain, .text("{}"), full, Draft(timestamp: .at(0), payload: ByteBuffer(), format: .binary), .text("[]"),
            plain,
        ]
    }()
}
