import NIOCore
import RelayCore
import RelayStorage
import RelayWire

extension Timestamp {
    static func at(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: 1_800_000_000_000_000).adding(seconds: seconds)
    }
}

extension TopicKey {
    static func named(_ name: String) -> TopicKey { TopicKey(name: TopicName(path: name)) }
}

extension TopicRecord {
    static func plain(_ key: TopicKey, owner: String = "o") -> TopicRecord {
        TopicRecord(
            id: "",
            key: key,
            kind: "stream",
            owner: UserID(owner),
            createdAt: .at(0),
            isPublic: false,
            description: nil
        )
    }
}

extension Draft {
    static func bytes(_ count: Int, at seconds: Int64 = 0) -> Draft {
        Draft(timestamp: .at(seconds), payload: ByteBuffer(repeating: 120, count: count))
    }
}

extension AppendBatch {
    static func one(_ draft: Draft, to topic: TopicKey, keep: Int = .max) -> AppendBatch {
        AppendBatch(topic: topic, drafts: [draft], retention: Retention(maxMessages: keep, maxAgeSeconds: nil))
    }
}

extension MessageStore {
    @discardableResult
    func append(_ batch: AppendBatch) async -> Result<AppendReceipt, StoreError> {
        await withCheckedContinuation { continuation in
            self.append(batch) { continuation.resume(returning: $0) }
        }
    }

    @discardableResult
    func put(_ batch: AppendBatch) async throws -> AppendReceipt {
        try await self.append(batch).get()
    }

    /// - Parameters:
    ///   - count: bytes.
    ///   - seconds: for how long what is superseded is kept.
    func putSnapshot(
        of count: Int = 1,
        at id: MessageID,
        in topic: TopicKey,
        keeping seconds: Int64 = 0
    ) async throws -> SnapshotOutcome {
        let snapshot = StreamSnapshot(
            topic: topic,
            id: id,
            payload: ByteBuffer(repeating: 115, count: count),
            format: .binary,
            known: try await self.bounds(of: topic),
            retention: Retention(maxSupersededAgeSeconds: seconds),
            now: .at(0)
        )
        return try await self.putSnapshot(snapshot)
    }

    func messages(
        in topic: TopicKey,
        at seconds: Int64 = 0,
        includesSuperseded: Bool = false
    ) async throws -> [Message] {
        let request = ReadRequest(
            topic: topic,
            range: .forward(after: .zero),
            maxMessages: .max,
            maxBytes: .max,
            now: .at(seconds),
            includesSuperseded: includesSuperseded
        )
        let result = await withCheckedContinuation { continuation in
            self.read(request) { continuation.resume(returning: $0) }
        }
        return try result.get().messages
    }
}
