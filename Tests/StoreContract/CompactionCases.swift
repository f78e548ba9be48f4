import NIOCore
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    /// Of streams that only hot kinds have.
    static let compactionCases: [ContractCase] = [
        ContractCase("of each key the newest message alone is kept, and what was replaced is no gap") { under in
            try await under.withHotStreams { store in
                let first = try await store.compact(["a", nil, "b", "a"])
                #expect(try await store.compacted() == [first.stored[1].id, first.stored[2].id, first.stored[3].id])
                let second = try await store.compact(["b", "c"])
                let kept = [first.stored[1].id, first.stored[3].id, second.stored[0].id, second.stored[1].id]
                #expect(try await store.compacted() == kept)
                #expect(second.bounds.count == 4 && second.bounds.trimmedThrough == .zero)
                #expect(second.bounds.epoch == first.bounds.epoch)
            }
        },
        ContractCase("a message that goes by itself takes its key's last place, until another comes") { under in
            try await under.withHotStreams { store in
                for _ in 0..<3 { _ = try await store.compact(["a", "b"], ttl: 50) }
                #expect(try await store.compacted().count == 2)
                let stays = try await store.compact(["a"])
                #expect(try await store.compacted().count == 2)
                let goes = try await store.compact(["a"], ttl: 50)
                let kept = try await store.compacted()
                #expect(kept.count == 2 && kept.last == goes.stored[0].id && !kept.contains(stays.stored[0].id))
                #expect(goes.bounds.count == 2 && goes.bounds.trimmedThrough == .zero)
            }
        },
        ContractCase("what has gone by itself leaves nothing of its key, and takes nothing that came after it") {
            under in
            try await under.withHotStreams { store in
                _ = try await store.compact(["a", "b"])
                _ = try await store.compact(["a", "b", "c"], ttl: 1)
                #expect(try await store.compacted(at: 2).isEmpty)
                let late = try await store.compact(["b"])
                _ = try await store.sweep(at: .at(2), retention: .unlimited)
                #expect(try await store.compacted(at: 2) == [late.stored[0].id])
                let next = try await store.compact(["a", "b", "c"])
                #expect(try await store.compacted(at: 2) == next.stored.map(\.id))
                #expect(next.bounds.count == 3 && next.bounds.trimmedThrough == .zero)
            }
        },
        ContractCase("a stream that was erased knows no keys any more") { under in
            try await under.withHotStreams { store in
                _ = try await store.compact(["a", "b"])
                try await store.erase([.compacted])
                #expect(try await store.compacted().isEmpty)
                let next = try await store.compact(["b", "a", "b"])
                #expect(try await store.compacted() == [next.stored[1].id, next.stored[2].id])
                #expect(next.bounds.count == 2)
            }
        },
    ]
}

extension TopicKey {
    fileprivate static let compacted = TopicKey.named("room/1/presence")
}

extension StoreUnderTest {
    fileprivate func withHotStreams(_ body: (any MessageStore) async throws -> Void) async throws {
        try await self.withStore { store in try await body(self.hotStreams(store)) }
    }
}

extension MessageStore {
    fileprivate func compact(_ keys: [String?], ttl: Int64? = nil) async throws -> AppendReceipt {
        let batch = AppendBatch(
            topic: .compacted,
            drafts: keys.map { Draft.text($0 ?? "none", ttl: ttl) },
            retention: Retention(maxAgeSeconds: 3_600),
            tier: .hot,
            compactionKeys: keys
        )
        let result = await withCheckedContinuation { continuation in
            self.append(batch) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The ids of what is kept, in order.
    fileprivate func compacted(at seconds: Double = 0) async throws -> [MessageID] {
        let request = ReadRequest(
            topic: .compacted,
            range: .forward(after: .zero),
            maxMessages: 100,
            maxBytes: 1 << 20,
            now: .at(seconds)
        )
        let result = await withCheckedContinuation { continuation in
            self.read(request) { continuation.resume(returning: $0) }
        }
        return try result.get().messages.map(\.id)
    }
}
