import RelayCore

/// Topics and grants: a value, owned by its store's lock.
struct TopicTable {
    private struct Entry {
        var record: TopicRecord
        var grants: [UserID: Grant] = [:]
    }

    private var entries: [TopicKey: Entry] = [:]
    private var owned: [UserID: Set<TopicKey>] = [:]
    private var granted: [UserID: Set<TopicKey>] = [:]
    /// All keys in order; nil where a topic came or went since they were last asked for.
    private var ordered: [TopicKey]?
    private var publicCount = 0

    var counts: TopicCounts { TopicCounts(total: self.entries.count, publicTopics: self.publicCount) }

    func contains(_ key: TopicKey) -> Bool { self.entries[key] != nil }

    func topic(_ key: TopicKey) -> (record: TopicRecord, grants: [Grant])? {
        self.entries[key].map {
            ($0.record, $0.grants.values.sorted { $0.user.rawValue.precedesInBytes($1.user.rawValue) })
        }
    }

    /// - Returns: what of the quota one more topic of this owner would exceed.
    func refusal(of owner: UserID, _ quota: TopicQuota) -> TopicQuota.Bound? {
        quota.refusal(owned: self.owned[owner]?.count ?? 0, total: self.entries.count)
    }

    /// - Returns: false where there is a topic of that key.
    mutating func create(_ record: TopicRecord) -> Bool {
        guard self.entries[record.key] == nil else { return false }
        self.entries[record.key] = Entry(record: record)
        self.owned[record.owner, default: []].insert(record.key)
        self.publicCount += record.isPublic ? 1 : 0
        self.ordered = nil
        return true
    }

    mutating func update(_ key: TopicKey, _ changes: TopicChanges) {
        guard var record = self.entries[key]?.record else { return }
        self.publicCount -= record.isPublic ? 1 : 0
        record.isPublic = changes.isPublic ?? record.isPublic
        record.description = changes.description ?? record.description
        if let durability = changes.durability { record.durability = durability.durability }
        self.publicCount += record.isPublic ? 1 : 0
        self.entries[key]?.record = record
    }

    /// - Returns: false where there is no such topic.
    mutating func delete(_ key: TopicKey) -> Bool {
        guard let entry = self.entries.removeValue(forKey: key) else { return false }
        self.owned.remove(key, of: entry.record.owner)
        for user in entry.grants.keys { self.granted.remove(key, of: user) }
        self.publicCount -= entry.record.isPublic ? 1 : 0
        self.ordered = nil
        return true
    }

    mutating func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) -> GrantAddition {
        guard let grants = self.entries[key]?.grants, grants[grant.user] == nil else { return .unchanged }
        guard grants.count < limit else { return .refused }
        self.entries[key]?.grants[grant.user] = grant
        self.granted[grant.user, default: []].insert(key)
        return .added
    }

    mutating func removeGrant(of user: UserID, from key: TopicKey) -> Bool {
        guard self.entries[key]?.grants.removeValue(forKey: user) != nil else { return false }
        self.granted.remove(key, of: user)
        return true
    }

    /// - Returns: the keys of the topics that had a grant, ordered.
    mutating func removeGrants(of user: UserID) -> [TopicKey] {
        let keys = self.granted.removeValue(forKey: user) ?? []
        for key in keys { self.entries[key]?.grants[user] = nil }
        return Self.inOrder(keys)
    }

    func keys(ownedBy user: UserID) -> Set<TopicKey> { self.owned[user] ?? [] }

    func keys(grantedTo user: UserID) -> Set<TopicKey> { self.granted[user] ?? [] }

    mutating func keys(after key: TopicKey?, limit: Int) -> ArraySlice<TopicKey> {
        let all = self.ordered ?? Self.inOrder(self.entries.keys)
        self.ordered = all
        guard let start = key?.description else { return all.prefix(max(0, limit)) }
        var (low, high) = (0, all.count)
        while low < high {
            let middle = low + (high - low) / 2
            if start.precedesInBytes(all[middle].description) { high = middle } else { low = middle + 1 }
        }
        return all[low...].prefix(max(0, limit))
    }

    private static func inOrder(_ keys: some Sequence<TopicKey>) -> [TopicKey] {
        keys.map { (key: $0, text: $0.description) }.sorted { $0.text.precedesInBytes($1.text) }.map(\.key)
    }
}

extension [UserID: Set<TopicKey>] {
    fileprivate mutating func remove(_ key: TopicKey, of user: UserID) {
        self[user]?.remove(key)
        if self[user]?.isEmpty == true { self[user] = nil }
    }
}
