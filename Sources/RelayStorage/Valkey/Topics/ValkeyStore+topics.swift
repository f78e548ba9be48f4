public import RelayCore
import RelayValkey
import RelayWire

/// A topic's record and its stream lie in two slots. The record is changed first, and then what the stream held before it goes; should
/// the relay die in between, the messages left behind have no topic, and the creation of one of their key takes them. What others
/// publish in between, to a topic that they have made anew, stays.
extension ValkeyStore: TopicStore {
    public func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        try await self.topics([key]) { (_, error) throws(StoreError) in throw error }.first ?? nil
    }

    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota
    ) async throws(StoreError) -> TopicCreation {
        if record.key.isPath {
            switch try await self.createPath(record, quota, nil) {
            case .changed(let topic, _): return .created(topic)
            case .conflict(let topic?): return .existed(topic)
            case .refused(let bound): return .refused(bound)
            case .conflict, .deleted: throw StoreError(.unavailable, "topic \(record.key) is made and deleted at once")
            }
        }
        let call = CreationCall(record, quota, self.layout)
        return try await self.untilSettled(record.key) { () async throws(StoreError) -> TopicCreation? in
            let before = try await self.readableBounds(of: record.key)
            let reply = try await self.run(CreateTopicScript.script, keys: call.keys, call.arguments)
            switch reply.text.flatMap({ CreationObstacle(rawValue: $0) }) {
            case nil:
                let bounds = try await self.purge(record.key, seen: before, withNewer: false)
                return .created(StoredTopic(record: record, grants: [], bounds: bounds))
            case .ofUser: return .refused(.ofUser)
            case .inAll: return .refused(.inAll)
            case .existed: return try await self.topic(record.key).map { .existed($0) }
            }
        }
    }

    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        let creation = CreationCall(record, quota, self.layout)
        if self.waiting.isCluster || record.key.isPath {
            return try await self.createTopicThenAppend(record, within: quota, appending: batch)
        }
        return try await self.untilSettled(record.key) { () async throws(StoreError) -> FirstAppend? in
            switch try await self.append(batch, creating: creation) {
            case .stored(let receipt):
                return .created(StoredTopic(record: record, grants: [], bounds: receipt.bounds), receipt)
            case .notCreated(.ofUser): return .refused(.ofUser)
            case .notCreated(.inAll): return .refused(.inAll)
            case .notCreated(.existed): return try await self.topic(record.key).map { .existed($0) }
            case .superseded, .moved: throw .unexpected("to a creation")
            }
        }
    }

    /// How often a topic may be there when it is to be created, and gone when it is read.
    private static let creationAttempts = 32

    /// - Parameter attempt: tries to create the topic; nil where it was there and is gone again.
    private func untilSettled<Outcome>(
        _ key: TopicKey,
        _ attempt: () async throws(StoreError) -> Outcome?
    ) async throws(StoreError) -> Outcome {
        for _ in 0..<Self.creationAttempts {
            if let outcome = try await attempt() { return outcome }
        }
        throw StoreError(.unavailable, "topic \(key) is made and deleted again and again")
    }

    public func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        if key.isPath, self.waiting.isCluster { return try await self.updatePath(key, changes) }
        let layout = self.layout
        let reply = try await self.run(
            UpdateTopicScript.script,
            keys: [layout.version, layout.changes, layout.publicTopics, layout.record(key)],
            [.init(key.description)] + changes.fields
        )
        return reply.integer == 1 ? try await self.topic(key) : nil
    }

    public func deleteTopic(
        _ key: TopicKey,
        erasing parts: [TopicKey]
    ) async throws(StoreError) -> StreamBounds? {
        let bounds = key.isPath ? try await self.deletePath(key) : try await self.deletePlain(key)
        if bounds != nil { try await self.erase(parts) }
        return bounds
    }

    private func deletePlain(_ key: TopicKey) async throws(StoreError) -> StreamBounds? {
        let (layout, text) = (self.layout, key.description)
        let before = try await self.readableBounds(of: key)
        let reply = try await self.run(
            DeleteTopicScript.script,
            keys: [
                layout.version, layout.changes, layout.topics, layout.publicTopics, layout.topicPrefix + text,
                layout.grantsPrefix + text, layout.readerUses,
            ],
            [
                .init(text), .init(layout.ownedPrefix), .init(layout.grantedPrefix), .init(layout.readersPrefix),
                .init(layout.userReadersPrefix),
            ]
        )
        return reply.integer == 1 ? try await self.purge(key, seen: before, withNewer: true) : nil
    }

    public func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition {
        let (layout, text) = (self.layout, key.description)
        let (grants, granted) = (layout.grantsPrefix + text, layout.grantedPrefix + grant.user.rawValue)
        let arguments: [ValkeyArgument] = [
            .init(text), .init(grant.user.rawValue), .init(grant.grantedAt.microseconds), .init(limit),
        ]
        let reply: ValkeyReply
        if key.isPath {
            guard let topic = try await self.topic(key) else { return .unchanged }
            reply = try await self.run(
                AddPathGrantScript.script,
                keys: [layout.version, layout.changes, grants, granted],
                arguments + [.init(topic.record.id), .init(layout.grantedPrefix)]
            )
        } else {
            reply = try await self.run(
                AddGrantScript.script,
                keys: [layout.version, layout.changes, layout.topicPrefix + text, grants, granted],
                arguments
            )
        }
        switch reply.integer {
        case 1: return .added
        case -1: return .refused
        default: return .unchanged
        }
    }

    public func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        let (layout, text) = (self.layout, key.description)
        let reply = try await self.run(
            RemoveGrantScript.script,
            keys: [
                layout.version, layout.changes, layout.grantsPrefix + text, layout.grantedPrefix + user.rawValue,
            ],
            [.init(text), .init(user.rawValue)]
        )
        return reply.integer == 1
    }

    public func topics(
        of user: UserID,
        after key: TopicKey?,
        limit: Int
    ) async throws(StoreError) -> [StoredTopic] {
        let reply = try await self.send(
            "SUNION",
            self.layout.ownedPrefix + user.rawValue,
            .init(self.layout.grantedPrefix + user.rawValue)
        )
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            let page = reply.texts.firstInBytes(limit, after: key?.description) { $0 }
            let topics = try await self.readableTopics(page.map { TopicKey(storedText: $0) })
            // A topic whose record could not be read when it was deleted is still in these lists, and may be another's by now.
            return topics.map { $0.flatMap { $0.concerns(user) ? $0 : nil } }
        }
    }

    public func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] {
        let reply = try await self.send("SMEMBERS", self.layout.ownedPrefix + user.rawValue)
        let names = reply.texts.map { TopicKey(storedText: $0).name.rawValue }
        return names.firstInBytes(limit, after: nil) { $0 }
    }

    public func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        try await self.topics(in: self.layout.topics, after: key, limit: limit)
    }

    /// - Parameter list: a sorted set of topics' keys.
    func topics(in list: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        guard limit > 0 else { return [] }
        let start = key.map { "(\($0)" } ?? "-"
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            let reply = try await self.send(
                "ZRANGEBYLEX",
                list,
                .init(start),
                "+",
                "LIMIT",
                0,
                .init(limit)
            )
            return try await self.readableTopics(reply.topicKeys)
        }
    }

    public func topicCounts() async throws(StoreError) -> TopicCounts {
        let total = try await self.send("ZCARD", self.layout.topics).integer ?? 0
        let isPublic = try await self.send("SCARD", self.layout.publicTopics).integer ?? 0
        return TopicCounts(total: Int(total), publicTopics: min(Int(total), Int(isPublic)))
    }

    // MARK: - Together with the stream

    /// None for a stream whose keys hold what they should not: its topic can still be seen and deleted. Whatever else is tried with
    /// it fails.
    private func readableBounds(of key: TopicKey) async throws(StoreError) -> StreamBounds {
        let bounds = await withCheckedContinuation { continuation in
            self.run(BoundsScript.script, keys: self.layout.stream(key).all, []) { continuation.resume(returning: $0) }
        }
        return try Self.readableBounds(bounds)
    }

    private static func readableBounds(_ reply: Result<ValkeyReply, StoreError>) throws(StoreError) -> StreamBounds {
        switch reply {
        case .success(let reply): return try StreamReply.bounds(reply)
        case .failure(let error) where error.code == .corrupt: return StreamBounds()
        case .failure(let error): throw error
        }
    }

    /// - Parameters:
    ///   - seen: the stream's bounds before the record was changed.
    ///   - withNewer: whether messages go, too, that came since in the same epoch.
    func purge(
        _ key: TopicKey,
        seen: StreamBounds,
        withNewer: Bool
    ) async throws(StoreError) -> StreamBounds {
        let reply = try await self.run(
            PurgeScript.script,
            keys: self.layout.stream(key).all,
            [
                .init(StreamEpoch.new().text), .init(seen.epoch == .none ? "" : seen.epoch.text),
                .init(seen.last.description), .init(withNewer ? 1 : 0),
            ]
        )
        return try StreamReply.bounds(reply)
    }

    private func readableTopics(_ keys: [TopicKey]) async throws(StoreError) -> [StoredTopic?] {
        try await self.topics(keys) { (key, error) throws(StoreError) in self.places.note("topic \(key)", error) }
    }

    /// - Parameter unreadable: called with what is wrong with a record that can't be read back.
    /// - Returns: in the given order; nil for those that do not exist, or can't be read back.
    private func topics(
        _ keys: [TopicKey],
        _ unreadable: (TopicKey, StoreError) throws(StoreError) -> Void
    ) async throws(StoreError) -> [StoredTopic?] {
        var topics: [StoredTopic?] = []
        for start in stride(from: 0, to: keys.count, by: 128) {
            let some = keys[start..<min(keys.count, start + 128)]
            let hashes = try await self.hashes(of: some)
            var found: [(record: TopicRecord, grants: [Grant])] = []
            for key in some {
                guard let (record, grants) = hashes[key] else { continue }
                do throws(StoreError) {
                    guard let record = try TopicRecord(key, HashFields(record)) else { continue }
                    found.append((record, try HashFields(grants).grants(on: record, self.places)))
                } catch {
                    guard error.code == .corrupt else { throw error }
                    try unreadable(key, error)
                }
            }
            let readable = try await self.withBounds(found)
            let byKey = Dictionary(readable.map { ($0.record.key, $0) }, uniquingKeysWith: { first, _ in first })
            topics += some.map { byKey[$0] }
        }
        return topics
    }

    /// Records and grants. The records of topics whose names are paths lie in slots of their own.
    private func hashes(
        of keys: ArraySlice<TopicKey>
    ) async throws(StoreError) -> [TopicKey: (record: ValkeyReply, grants: ValkeyReply)] {
        var hashes: [TopicKey: (record: ValkeyReply, grants: ValkeyReply)] = [:]
        let (plain, paths) = (keys.filter { !$0.isPath }, keys.filter(\.isPath))
        let reply = try await self.run(
            ReadTopicsScript.script,
            keys: plain.flatMap { [self.layout.topicPrefix + "\($0)", self.layout.grantsPrefix + "\($0)"] }
                + paths.map { self.layout.grantsPrefix + "\($0)" }
        )
        guard let control = reply.array, control.count == 2 * plain.count + paths.count else {
            throw .unexpected("to topics")
        }
        for (place, key) in plain.enumerated() { hashes[key] = (control[2 * place], control[2 * place + 1]) }
        let replies = await self.concurrently(paths.count) { place, completion in
            let record = self.layout.record(paths[place])
            self.run(ReadTopicsScript.script, keys: [record], [], completion: completion)
        }
        for (place, (key, reply)) in zip(paths, replies).enumerated() {
            guard let found = try reply.get().array, found.count == 1 else { throw .unexpected("to topics") }
            hashes[key] = (found[0], control[2 * plain.count + place])
        }
        return hashes
    }

    /// - Parameter found: topics that exist. The streams of others are not asked for: their slots may have no master for the moment.
    private func withBounds(_ found: [(record: TopicRecord, grants: [Grant])]) async throws(StoreError) -> [StoredTopic]
    {
        let bounds = await self.concurrently(found.count) { place, completion in
            let keys = self.layout.stream(found[place].record.key).all
            self.run(BoundsScript.script, keys: keys, [], completion: completion)
        }
        var topics: [StoredTopic] = []
        for (topic, reply) in zip(found, bounds) {
            let bounds = try Self.readableBounds(reply)
            topics.append(StoredTopic(record: topic.record, grants: topic.grants, bounds: bounds))
        }
        return topics
    }
}

/// The keys and arguments of ``CreateTopicScript``.
struct CreationCall {
    let keys: [String]
    let arguments: [ValkeyArgument]

    init(_ record: TopicRecord, _ quota: TopicQuota, _ layout: KeyLayout) {
        let (key, fields) = (record.key.description, record.fields)
        self.keys = [
            layout.version, layout.changes, layout.topics, layout.publicTopics, layout.topicPrefix + key,
            layout.ownedPrefix + record.owner.rawValue,
        ]
        self.arguments =
            [
                .init(key), .init(record.isPublic ? 1 : 0), .init(quota.maxPerUser), .init(quota.maxInAll),
                .init(fields.count),
            ] + fields
    }
}

/// Why a script did not create a topic.
enum CreationObstacle: String {
    case existed, ofUser, inAll
}

extension StoredTopic {
    fileprivate func concerns(_ user: UserID) -> Bool {
        self.record.owner == user || self.grants.contains { $0.user == user }
    }
}

extension ValkeyReply {
    fileprivate var texts: [String] { (self.array ?? []).compactMap(\.text) }

    /// In the order of their bytes.
    fileprivate var topicKeys: [TopicKey] {
        self.texts.sorted { $0.precedesInBytes($1) }.map { TopicKey(storedText: $0) }
    }
}
