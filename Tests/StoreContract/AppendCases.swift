import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let appendCases: [ContractCase] = [
        ContractCase("a batch keeps its order and its receipts name the stored messages") { under in
            try await under.withStore { store in
                let receipt = try await store.append([.text("a"), .text("b"), .text("c")], to: .named("t"))
                let page = try await store.read(.named("t"))
                #expect(page.texts == ["a", "b", "c"])
                #expect(page.ids == receipt.stored.map(\.id))
                #expect(receipt.stored.allSatisfy { $0.timestamp == .at(0) && !$0.isRepeat })
                #expect(receipt.bounds == page.bounds)
                #expect(page.bounds.ends == StreamBounds(last: receipt.stored[2].id, trimmedThrough: .zero, count: 3))
                #expect(try await store.bounds(of: .named("t")) == page.bounds)
            }
        },
        ContractCase("a topic that never had a message has no bounds and an empty page") { under in
            try await under.withStore { store in
                #expect(try await store.bounds(of: .named("t")) == StreamBounds())
                let page = try await store.read(.named("t"))
                #expect(page.messages.isEmpty && !page.hasMore && page.bounds == StreamBounds())
            }
        },
        ContractCase("ids strictly increase within a millisecond and when the clock steps back") { under in
            try await under.withStore { store in
                var ids: [MessageID] = []
                for seconds in [0, 0, 0.0004, 5, 1, -100, 5, 6.5] {
                    ids += try await store.append(["x"], at: seconds, to: .named("t"))
                }
                #expect(ids.isStrictlyIncreasing)
                #expect(try await store.read(.named("t")).ids == ids)
            }
        },
        ContractCase("a message comes back as it was stored, byte for byte") { under in
            try await under.withStore { store in
                let drafts = Self.oddDrafts
                let receipt = try await store.append(drafts, to: .named("t"))
                let page = try await store.read(.named("t"))
                #expect(page.messages == zip(drafts, receipt.stored).map { $0.message(id: $1.id) })
            }
        },
        ContractCase("payloads of a mebibyte come back whole") { under in
            try await under.withStore { store in
                let pattern = (0...255).map { UInt8($0) }
                var bytes = ByteBuffer()
                for _ in 0..<4096 { bytes.writeBytes(pattern) }
                try await store.append([Draft(timestamp: .at(0), payload: bytes)], to: .named("t"))
                try await store.append([Draft(timestamp: .at(0), payload: bytes)], to: .named("t"))
                #expect(try await store.read(.named("t")).messages.map(\.payload) == [bytes, bytes])
            }
        },
        ContractCase("topics of one name in several namespaces are several topics") { under in
            try await under.withStore { store in
                let keys = [TopicKey.named("t"), .named("t", in: "u1"), .named("t", in: "u2"), .named("T")]
                for key in keys { try await store.append([key.description], to: key) }
                for key in keys { #expect(try await store.read(key).texts == [key.description]) }
            }
        },
        ContractCase("messages, bounds and the order of ids survive reopening") { under in
            try await under.withReopening { store in
                try await store.append(["a", "b"], at: 1000, to: .named("t"), .newest(1))
                try await store.append(Self.oddDrafts, to: .named("odd"))
                return (try await store.read(.named("t")), try await store.read(.named("odd")))
            } after: { store, before in
                let page = try await store.read(.named("t"))
                #expect(page.texts == ["b"])
                #expect(page.bounds == before.0.bounds && page.messages == before.0.messages)
                #expect(try await store.read(.named("odd")).messages == before.1.messages)
                let next = try await store.append(["c"], at: 5, to: .named("t"))
                #expect(next[0] > before.0.bounds.last)
            }
        },
        ContractCase("a closed store refuses everything with unavailable") { under in
            try await under.withStore { store in
                try await store.append(["a"], to: .named("t"))
                await store.close()
                await Self.expectUnavailable { _ = try await store.append(["b"], to: .named("t")) }
                await Self.expectUnavailable { _ = try await store.read(.named("t")) }
                await Self.expectUnavailable { _ = try await store.createTopic(.of(.named("t"))) }
                await Self.expectUnavailable { _ = try await store.user(named: "x") }
                await Self.expectUnavailable { try await store.checkHealth() }
            }
        },
        ContractCase("a store that works is healthy") { under in
            try await under.withStore { try await $0.checkHealth() }
        },
    ]

    private static func expectUnavailable(_ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("a closed store answered")
        } catch {
            #expect((error as? StoreError)?.code == .unavailable)
        }
    }

    /// Empty, binary, unicode; with each of the optional parts and without.
    private static let oddDrafts: [Draft] = [
        Draft(timestamp: .at(0), payload: ByteBuffer()),
        Draft(timestamp: .at(0.000_001), payload: ByteBuffer(bytes: [0, 255, 0, 128]), metadata: ByteBuffer()),
        Draft(timestamp: .at(1), payload: ByteBuffer(string: "{\"é\":\"e\u{301}\"}"), ttl: 5, audience: .others),
        Draft(timestamp: .at(1), payload: ByteBuffer(string: "s"), sender: "é\u{0} +1"),
        Draft(timestamp: .at(1), payload: ByteBuffer(string: "s"), audience: .others, sender: "p"),
        Draft(
            timestamp: .at(-1),
            payload: ByteBuffer(string: "\u{0}a\u{0}"),
            metadata: ByteBuffer(string: "🐙\u{0}"),
            ttl: .max,
            audience: .one("peer-\u{0}-ø"),
            sender: "other"
        ),
    ]
}
