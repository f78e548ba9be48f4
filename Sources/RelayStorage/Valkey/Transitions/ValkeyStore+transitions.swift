public import RelayCore
import RelayValkey
import RelayWire

/// Topics whose kinds keep a state with them. Their names are paths, so that record, stream and the streams of their parts lie in one slot.
///
/// On one server a transition is one script. In a cluster the lists lie in another slot. There a topic is marked before, and its lists are
/// set right and the change is told after: see ``TopicSettling``.
extension ValkeyStore {
    public func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        let answer: TransitionAnswer
        if self.waiting.isCluster {
            answer = try await self.settling.run(transition) { () async throws(StoreError) in
                try await self.run(transition, TransitionScript.inCluster, leadingKeys: [])
            }
        } else {
            answer = try await self.run(transition, TransitionScript.onServer, leadingKeys: self.layout.listKeys)
        }
        switch answer {
        case .stored(let outcome): return outcome
        case .deleted(let bounds, _): return .deleted(bounds)
        case .refused(let bound): return .refused(bound)
        case .conflict: return .conflict(try await self.topic(transition.key))
        case .superseded: throw .superseded
        }
    }

    private func run(
        _ transition: TopicTransition,
        _ script: ValkeyScript,
        leadingKeys: [String]
    ) async throws(StoreError) -> TransitionAnswer {
        let call = TransitionCall(transition, self.layout, maxAnnouncedBytes: self.settings.maxAnnouncedBytes)
        let result = await withCheckedContinuation { continuation in
            self.runDurably(
                script,
                keys: leadingKeys + call.keys,
                call.arguments,
                until: transition.batch.flatMap { self.goal(of: $0) }
            ) { continuation.resume(returning: $0) }
        }
        return try TransitionAnswer(try result.get(), transition)
    }

    public func erase(_ streams: [TopicKey]) async throws(StoreError) {
        let results = await self.concurrently(streams.count) { place, completion in
            let keys = self.layout.stream(streams[place]).all
            self.run(EraseScript.script, keys: keys, [.init(StreamEpoch.new().text)], completion: completion)
        }
        for result in results { _ = try result.get() }
    }

    public func topics(
        ofKind kind: String,
        after key: TopicKey?,
        limit: Int
    ) async throws(StoreError) -> [StoredTopic] {
        let topics = try await self.topics(in: self.layout.kindPrefix + kind, after: key, limit: limit)
        // What a list has of a topic that is not settled yet may be gone by now, or another's.
        return topics.filter { $0.record.kind == kind }
    }

    // MARK: - What others do with such topics

    func createPath(_ record: TopicRecord, _ quota: TopicQuota, _ batch: AppendBatch?) async throws(StoreError)
        -> TransitionOutcome
    {
        try await self.transition(
            TopicTransition(key: record.key, expected: nil, record: record, batch: batch, quota: quota)
        )
    }

    func updatePath(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        let isThere = try await self.settling.change(key) { () async throws(StoreError) in
            let record = self.layout.record(key)
            return try await self.run(UpdateRecordScript.script, keys: [record], changes.fields).integer == 1
        }
        return isThere ? try await self.topic(key) : nil
    }

    func deletePath(_ key: TopicKey) async throws(StoreError) -> StreamBounds? {
        while true {
            guard let record = try await self.topic(key)?.record else { return nil }
            let transition = TopicTransition(key: key, expected: record.revision, record: nil)
            guard case .deleted(let bounds) = try await self.transition(transition) else { continue }
            try await self.forgetGrants(of: record)
            if key.name.isPlain { try await self.forgetReaders(of: key) }
            return bounds
        }
    }

    /// Should the relay die before, they are nobody's: see ``AddPathGrantScript``.
    private func forgetGrants(of record: TopicRecord) async throws(StoreError) {
        let text = record.key.description
        _ = try await self.run(
            ForgetPathGrantsScript.script,
            keys: [self.layout.fence, self.layout.grantsPrefix + text],
            [.init(text), .init(record.id), .init(self.layout.grantedPrefix)]
        )
    }

    /// Should the relay die before, they go once nobody has used them for long.
    private func forgetReaders(of key: TopicKey) async throws(StoreError) {
        for reader in try await self.readers(of: key, ofUser: nil, after: nil, limit: .max) {
            _ = try await self.deleteReader(reader.reader)
        }
    }

    var settling: TopicSettling { TopicSettling(store: self) }
}

extension KeyLayout {
    /// Those of ``ListingPrelude``.
    var listKeys: [String] { [self.version, self.changes, self.topics, self.publicTopics] }
}

extension TopicRecord {
    fileprivate var revision: UInt64 { self.state?.revision ?? 0 }
}

/// The arguments of ``ListingPrelude``.
struct ListingArguments {
    let arguments: [ValkeyArgument]

    /// - Parameters:
    ///   - record: what is known of it.
    ///   - expected: see ``TopicTransition/expected``; as text.
    init(
        _ key: TopicKey,
        _ record: ListedRecord?,
        expected: String,
        isDeletion: Bool = false,
        _ quota: TopicQuota,
        _ layout: KeyLayout
    ) {
        self.arguments = [
            .init(key.description), .init(expected), isDeletion ? "delete" : "put", .init(quota.maxPerUser),
            .init(quota.maxInAll), .init(layout.ownedPrefix), .init(layout.kindPrefix), .init(layout.kindOwnedPrefix),
            .init(record?.owner.rawValue ?? ""), .init(record?.kind ?? ""), record?.isPublic == true ? "1" : "0",
        ]
    }
}

/// What of a record its lists depend on.
struct ListedRecord {
    let owner: UserID
    let kind: String
    let isPublic: Bool
}

extension ListedRecord {
    init(_ record: TopicRecord) {
        self.init(owner: record.owner, kind: record.kind, isPublic: record.isPublic)
    }
}

/// The keys and arguments of one call of ``TransitionScript``, without the keys that come first on one server.
private struct TransitionCall {
    let keys: [String]
    let arguments: [ValkeyArgument]

    init(_ transition: TopicTransition, _ layout: KeyLayout, maxAnnouncedBytes: Int) {
        let (record, erased) = (transition.record, transition.erased)
        let stream = layout.stream(transition.key)
        var append: AppendCall?
        if let batch = transition.batch {
            var call = AppendCall(batch, stream, maxAnnouncedBytes: maxAnnouncedBytes)
            for draft in batch.drafts { call.add(draft.unmarked, replacing: nil, version: 0) }
            append = call
        }
        let listing = ListingArguments(
            transition.key,
            record.map { ListedRecord($0) },
            expected: transition.expected.map { String($0) } ?? "",
            isDeletion: record == nil,
            transition.quota,
            layout
        )
        let epochs: [ValkeyArgument] = (0...erased.count).map { _ in .init(StreamEpoch.new().text) }
        let fields = record?.fields ?? []
        self.keys = [layout.record(transition.key)] + stream.all + erased.flatMap { layout.stream($0).all }
        self.arguments =
            listing.arguments + [.init(erased.count)] + epochs + [.init(fields.count)] + fields
            + (append?.arguments ?? [])
    }
}

extension Draft {
    /// What tells of a transition is never tried twice by a key.
    fileprivate var unmarked: Draft {
        var draft = self
        draft.idempotency = nil
        return draft
    }
}

/// What ``TransitionScript`` answered.
enum TransitionAnswer {
    case stored(TransitionOutcome)
    /// With what the topic was: it may have been deleted and made anew by somebody else since the caller has looked.
    case deleted(StreamBounds, ListedRecord)
    case refused(TopicQuota.Bound)
    case conflict
    case superseded

    init(_ reply: ValkeyReply, _ transition: TopicTransition) throws(StoreError) {
        guard let parts = reply.array else {
            switch reply.text {
            case "conflict": self = .conflict
            case "superseded": self = .superseded
            case "ofUser": self = .refused(.ofUser)
            case "inAll": self = .refused(.inAll)
            default: throw .unexpected("to a transition")
            }
            return
        }
        switch (parts.first?.text, transition.record) {
        case ("deleted", _) where parts.count == 4:
            let listed = ListedRecord(
                owner: UserID(parts[2].text ?? ""),
                kind: parts[3].text ?? "",
                isPublic: false
            )
            self = .deleted(try Self.bounds(parts[1]), listed)
        case ("changed", let record?) where parts.count == 3:
            self = .stored(try Self.changed(record, parts, transition.batch))
        default: throw .unexpected("to a transition")
        }
    }

    private static func changed(
        _ record: TopicRecord,
        _ parts: [ValkeyReply],
        _ batch: AppendBatch?
    ) throws(StoreError) -> TransitionOutcome {
        guard let stored = try TopicRecord(record.key, HashFields(parts[1]), state: record.state) else {
            throw .unexpected("to a transition")
        }
        guard let batch else {
            return .changed(StoredTopic(record: stored, grants: [], bounds: try self.bounds(parts[2])), nil)
        }
        let receipt = try AppendAnswer(parts[2], batch.drafts).receipt.get()
        return .changed(StoredTopic(record: stored, grants: [], bounds: receipt.bounds), receipt)
    }

    private static func bounds(_ reply: ValkeyReply) throws(StoreError) -> StreamBounds {
        reply.text == "" ? StreamBounds() : try StreamReply.bounds(reply)
    }
}
